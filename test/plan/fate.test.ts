import { describe, expect, test } from 'vitest';
import { fateOfGroup, fateOfMachine, reasonOf } from '../../plan/fate.ts';
import { readPlan } from '../../plan/plan-json.ts';
import { Resources } from '../../plan/resources.ts';
import { UNKNOWN } from '../../plan/view.ts';
import { LATER, planOf, type Resource } from './plans.ts';

const PATHS = [['network', 0, 'name'], ['zone']] as unknown as Resource['replacePaths'];

describe('why something is replaced or destroyed, in words', () => {
  test.each([
    ['replace_because_tainted', 'it is tainted'],
    ['replace_by_request', 'somebody asked for it with -replace'],
    ['replace_by_triggers', 'something in its replace_triggered_by changes'],
    ['replace_because_cannot_update', 'it cannot be updated'],
    ['delete_because_no_resource_config', 'it is not in the configuration any more'],
    ['delete_because_no_module', 'its module is not in the configuration any more'],
    ['delete_because_count_index', 'its count or for_each has no such key any more'],
    ['delete_because_each_key', 'its count or for_each has no such key any more'],
    ['delete_because_wrong_repetition', 'its count or for_each has no such key any more'],
    ['delete_because_no_move_target', 'a moved block leads nowhere'],
    ['a_reason_of_tomorrow', 'the plan asks for it'],
  ])('%s: %s', (reason, words) => {
    const [change] = readPlan(planOf([{ type: 'a', before: {}, reason }])).changes;
    expect(change === undefined ? '' : reasonOf(change)).toBe(words);
  });

  test.each(['replace_because_cannot_update', 'a_reason_of_tomorrow'])('%s names the paths', (reason) => {
    const resource = { type: 'a', before: {}, after: {}, actions: ['delete', 'create'], reason };
    const [change] = readPlan(planOf([{ ...resource, replacePaths: PATHS }])).changes;
    expect(change === undefined ? '' : reasonOf(change)).toBe(
      'network.0.name, zone cannot be changed in place',
    );
  });
});

const subjectOf = (resource: Resource) => {
  const [subject] = new Resources(readPlan(planOf([resource])), undefined).subjects;
  if (subject === undefined) throw new Error('no subject');
  return subject;
};

test.each([
  ['create', { after: {} }, 'kept', 0],
  ['update', { before: { a: 1 }, after: { a: 2 } }, 'kept', 0],
  ['no-op', { before: { a: 1 }, after: { a: 1 } }, 'kept', 0],
  ['replace', { before: {}, after: {}, actions: ['create', 'delete'] }, 'replaced', 1],
  ['delete', { before: {} }, 'destroyed', 1],
  ['forget', { before: {}, actions: ['forget'] }, 'kept', 0],
] as const)('%s: a machine of its own', (_action, resource, kind, awayAtOnce) => {
  expect(fateOfMachine(subjectOf({ type: 'aws_instance', ...resource }))).toMatchObject({ kind, awayAtOnce });
});

const AWS = { type: 'aws_autoscaling_group' };
const refresh = (preferences: unknown, more: object = {}) => ({
  ...AWS,
  before: { launch_template: [{ version: '1' }] },
  after: { launch_template: [{ version: '2' }], instance_refresh: [{ preferences, ...more }] },
});
const GOOGLE = { type: 'google_compute_region_instance_group_manager' };
const update = (policy: unknown, more: object = {}) => ({
  ...GOOGLE,
  before: { version: [{ instance_template: 'a' }] },
  after: { version: [{ instance_template: 'b' }], update_policy: policy, ...more },
});
const SIZED = { ...AWS, before: { desired_capacity: 3 }, after: { desired_capacity: 2 } };

describe('a group', () => {
  test.each([
    ['of AWS that is destroyed', { ...AWS, before: {} }, 3, 0, 'destroyed', 3],
    [
      'that is destroyed, of unknown size',
      { ...AWS, before: {} },
      UNKNOWN,
      0,
      'destroyed',
      Number.POSITIVE_INFINITY,
    ],
    ['that is destroyed empty', { ...AWS, before: {} }, 0, 0, 'kept', 0],
    ['that is new', { ...AWS, after: {} }, 3, 3, 'kept', 0],
    [
      'that is replaced',
      { ...AWS, before: {}, after: {}, actions: ['delete', 'create'] },
      3,
      3,
      'replaced',
      3,
    ],
    ['that gets smaller', SIZED, 3, 2, 'fewer', 1],
    ['that gets larger', SIZED, 3, 4, 'kept', 0],
    [
      'of unknown size that is not changed',
      { ...AWS, before: { a: 1 }, after: { a: 2 } },
      UNKNOWN,
      UNKNOWN,
      'kept',
      0,
    ],
    [
      'of unknown size that another tool sets',
      { ...AWS, before: { a: 1 }, after: { a: 2 } },
      3,
      UNKNOWN,
      'kept',
      0,
    ],
    ['whose size is not known any more', SIZED, 3, UNKNOWN, 'resized', 3],
    ['whose size was not known', SIZED, UNKNOWN, 2, 'resized', Number.POSITIVE_INFINITY],
    [
      'of Google whose size is not known any more',
      { ...GOOGLE, before: { target_size: 3 }, after: { target_size: LATER } },
      3,
      UNKNOWN,
      'resized',
      3,
    ],
    [
      'of AWS that has no refresh',
      {
        ...AWS,
        before: { launch_template: [{ version: '1' }] },
        after: { launch_template: [{ version: '2' }] },
      },
      3,
      3,
      'kept',
      0,
    ],
    ['whose refresh keeps 90 % where nothing is said', refresh([]), 20, 20, 'replaced', 2],
    [
      'whose refresh keeps 90 % where the percentage is not known',
      refresh([{ min_healthy_percentage: LATER }]),
      20,
      20,
      'replaced',
      2,
    ],
    ['whose refresh keeps 90 % where its preferences are not known', refresh(LATER), 20, 20, 'replaced', 2],
    ['whose refresh keeps half', refresh([{ min_healthy_percentage: 50 }]), 20, 20, 'replaced', 10],
    [
      'whose refresh keeps all takes one at a time',
      refresh([{ min_healthy_percentage: 100 }]),
      20,
      20,
      'replaced',
      1,
    ],
    ['whose refresh takes less than one takes one', refresh([]), 5, 5, 'replaced', 1],
    [
      'whose triggers are not known is refreshed for its template',
      refresh([], { triggers: LATER }),
      20,
      20,
      'replaced',
      2,
    ],
    [
      'whose mixed instances change',
      {
        ...AWS,
        before: { mixed_instances_policy: [{ a: 1 }] },
        after: { mixed_instances_policy: [{ a: 2 }], instance_refresh: [{}] },
      },
      20,
      20,
      'replaced',
      2,
    ],
    [
      'whose tags change without being a trigger',
      { ...AWS, before: { tag: [{ key: 'a' }] }, after: { tag: [{ key: 'b' }], instance_refresh: [{}] } },
      20,
      20,
      'kept',
      0,
    ],
    [
      'whose refresh is not known',
      { ...AWS, before: { a: 1 }, after: { a: 2, instance_refresh: LATER } },
      3,
      3,
      'unknown',
      3,
    ],
    ['of Google that is proactive', update([{ type: 'PROACTIVE' }]), 4, 4, 'replaced', 1],
    [
      'that is proactive for other settings of all machines',
      {
        ...GOOGLE,
        before: { all_instances_config: [{ a: 1 }] },
        after: { all_instances_config: [{ a: 2 }], update_policy: [{ type: 'PROACTIVE' }] },
      },
      4,
      4,
      'replaced',
      1,
    ],
    [
      'that may be without two',
      update([{ type: 'PROACTIVE', max_unavailable_fixed: 2 }]),
      4,
      4,
      'replaced',
      2,
    ],
    [
      'that may be without more than it has',
      update([{ type: 'PROACTIVE', max_unavailable_fixed: 9 }]),
      4,
      4,
      'replaced',
      4,
    ],
    [
      'that may be without none',
      update([{ type: 'PROACTIVE', max_unavailable_fixed: 0 }]),
      4,
      4,
      'replaced',
      0,
    ],
    [
      'that may be without 30 %, rounded up',
      update([{ type: 'PROACTIVE', max_unavailable_percent: 30 }]),
      4,
      4,
      'replaced',
      2,
    ],
    ['whose update is opportunistic', update([{ type: 'OPPORTUNISTIC' }]), 4, 4, 'kept', 0],
    ['whose policy says no type', update([{ max_unavailable_fixed: 1 }]), 4, 4, 'unknown', 4],
    ['whose type of update is not known', update([{ type: LATER }]), 4, 4, 'unknown', 4],
    ['whose policy is not known', update(LATER), 4, 4, 'unknown', 4],
    ['without a policy', update([]), 4, 4, 'unknown', 4],
    [
      'that is proactive and keeps its template',
      { ...GOOGLE, before: { a: 1 }, after: { a: 2, update_policy: [{ type: 'PROACTIVE' }] } },
      4,
      4,
      'kept',
      0,
    ],
  ] as const)('%s', (_what, resource, before, after, kind, awayAtOnce) => {
    expect(fateOfGroup(subjectOf(resource as Resource), undefined, before, after)).toMatchObject({
      kind,
      awayAtOnce,
    });
  });

  test('of Google is updated when its template is replaced, not when that is updated', () => {
    const group = subjectOf({
      ...GOOGLE,
      before: { a: 1 },
      after: { a: 2, update_policy: [{ type: 'PROACTIVE' }] },
    });
    const template = (actions: string[]) =>
      subjectOf({ type: 'google_compute_instance_template', before: {}, after: {}, actions });
    expect(fateOfGroup(group, template(['create', 'delete']), 4, 4).kind).toBe('replaced');
    expect(fateOfGroup(group, template(['update']), 4, 4).kind).toBe('kept');
  });
});
