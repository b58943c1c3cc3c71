import { describe, expect, test } from 'vitest';
import { bootTexts } from '../../plan/boot-texts.ts';
import { Facts } from '../../plan/facts.ts';
import { readPlan } from '../../plan/plan-json.ts';
import { Resources } from '../../plan/resources.ts';
import { summaryOf } from '../../plan/summary.ts';
import { readSynthesized } from '../../plan/synthesized.ts';
import { LATER, planOf, type Resource } from './plans.ts';
import { PRODUCTION } from './support.ts';

const summary = (resources: readonly Resource[], more: Record<string, unknown> = {}) =>
  summaryOf(new Facts(readPlan(planOf(resources, more)), undefined, PRODUCTION));

const SHARES = (weight: number) => JSON.stringify({ m: { v1: { weight: 100 - weight }, v2: { weight } } });
const WEIGHTS = { fleet_weights: { actions: ['update'], before: SHARES(5), after: SHARES(10) } };
const OBJECT = { type: 'aws_s3_object', name: 'router_weights', before: { etag: 'a' }, after: { etag: 'b' } };

describe('the summary of a plan', () => {
  test('has what goes before what comes, counted, with reasons for what goes alone', () => {
    const { counts, changes, empty } = summary([
      { type: 'a', name: 'new', after: {} },
      { type: 'a', name: 'other', before: { a: 1 }, after: { a: 2 }, reason: 'replace_by_request' },
      { type: 'a', name: 'left', before: {}, actions: ['forget'] },
      { type: 'a', name: 'same', before: {}, after: {} },
      { type: 'a', name: 'read', after: {}, actions: ['read'] },
      {
        type: 'a',
        name: 'again',
        before: {},
        after: {},
        actions: ['delete', 'create'],
        reason: 'replace_because_tainted',
      },
      { type: 'a', name: 'gone', before: {} },
    ]);
    expect(changes).toEqual([
      { address: 'a.gone', action: 'delete', reason: 'the plan asks for it' },
      { address: 'a.again', action: 'replace', reason: 'it is tainted' },
      { address: 'a.left', action: 'forget' },
      { address: 'a.other', action: 'update' },
      { address: 'a.new', action: 'create' },
    ]);
    expect(counts).toEqual({ delete: 1, replace: 1, forget: 1, update: 1, create: 1, import: 0, move: 0 });
    expect(empty).toBe(false);
  });

  test('says where something was in the code before, and what is imported', () => {
    const document = planOf([
      { type: 'a', before: {}, after: {} },
      { type: 'b', before: {}, after: {} },
    ]);
    const [moved, found] = document.resource_changes as { change: object }[];
    const plan = readPlan({
      ...document,
      resource_changes: [
        { ...found, change: { ...found?.change, importing: { id: 'x' } } },
        { ...moved, previous_address: 'a.old' },
      ].toReversed(),
    });
    const { changes, counts } = summaryOf(new Facts(plan, undefined, PRODUCTION));
    expect(changes).toEqual([
      { address: 'b.it', action: 'import' },
      { address: 'a.it', action: 'move', from: 'a.old' },
    ]);
    expect(counts).toMatchObject({ import: 1, move: 1 });
  });

  test('is empty where nothing changes, and of a configuration alone', () => {
    expect(summary([{ type: 'a', before: {}, after: {} }])).toMatchObject({
      empty: true,
      changes: [],
      outputs: [],
    });
    const synthesized = readSynthesized({ resource: { a: { it: {} } } });
    expect(summaryOf(new Facts(undefined, synthesized, PRODUCTION))).toMatchObject({
      empty: true,
      changes: [],
      outputs: [],
    });
  });

  test('names the outputs that change', () => {
    const more = { output_changes: { a: { actions: ['update'] }, b: { actions: ['no-op'] } } };
    expect(summary([], more)).toMatchObject({ empty: false, outputs: ['a'] });
  });

  test('has the traffic as far as it is said', () => {
    const of = (output: object) =>
      summary([], { output_changes: { fleet_weights: { actions: ['update'], ...output } } });
    const [five, ten] = [JSON.parse(SHARES(5)), JSON.parse(SHARES(10))];
    expect(of({ before: SHARES(5), after: SHARES(10) }).traffic).toEqual({ before: five, after: ten });
    expect(of({ after: SHARES(10) }).traffic).toEqual({ before: undefined, after: ten });
    expect(of({ before: SHARES(5), after_unknown: true }).traffic).toEqual({
      before: five,
      after: undefined,
    });
    expect(Object.keys(of({ after_unknown: true }))).not.toContain('traffic');
  });
});

describe('only weights change', () => {
  test('where their object is updated in place, the output says other shares, and nothing else changes', () =>
    expect(summary([OBJECT], { output_changes: WEIGHTS }).weightsOnly).toBe(true));

  test.each<[string, readonly Resource[], Record<string, unknown>]>([
    ['nothing changes', [], WEIGHTS],
    ['something else does', [OBJECT, { type: 'a', after: {} }], WEIGHTS],
    ['their object is new', [{ ...OBJECT, before: undefined }], WEIGHTS],
    ['their object is replaced', [{ ...OBJECT, actions: ['delete', 'create'] }], WEIGHTS],
    ['it is another object', [{ ...OBJECT, name: 'router_weights_old' }], WEIGHTS],
    ['it is an object of another name', [{ ...OBJECT, name: 'my_router_weights' }], WEIGHTS],
    ['the shares stay', [OBJECT], { fleet_weights: { ...WEIGHTS.fleet_weights, after: SHARES(5) } }],
    [
      'nobody knows them',
      [OBJECT],
      { fleet_weights: { ...WEIGHTS.fleet_weights, after: undefined, after_unknown: true } },
    ],
    ['nobody knew them', [OBJECT], { fleet_weights: { ...WEIGHTS.fleet_weights, before: null } }],
    ['nobody says them', [OBJECT], {}],
  ])('is not said where %s', (_what, resources, outputs) =>
    expect(summary(resources, { output_changes: outputs }).weightsOnly).toBe(false),
  );
});

describe('what a machine or container is told to run', () => {
  const texts = (resource: Resource) =>
    bootTexts(new Resources(readPlan(planOf([resource])), undefined)).map(({ address, text }) => {
      expect(address).toBe(`${resource.type}.it`);
      return text;
    });
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const SCRIPT = '#!/bin/sh\nexec a-program --flag';

  test.each<[Resource, (string | undefined)[]]>([
    [{ type: 'aws_instance', after: { user_data_base64: base64(SCRIPT) } }, [SCRIPT]],
    [{ type: 'aws_instance', after: { user_data: 'a-hash' }, constants: { user_data: SCRIPT } }, [SCRIPT]],
    [{ type: 'aws_launch_template', after: { user_data: base64(SCRIPT) } }, [SCRIPT]],
    [{ type: 'aws_launch_template', after: { user_data: LATER } }, [undefined]],
    [{ type: 'aws_launch_template', after: { user_data: LATER }, unwritten: ['user_data'] }, []],
    [{ type: 'aws_launch_template', before: { user_data: SCRIPT }, after: { user_data: SCRIPT } }, []],
    [{ type: 'aws_launch_template', before: { user_data: SCRIPT } }, []],
    [{ type: 'aws_launch_template', after: {} }, []],
    [
      { type: 'aws_ecs_task_definition', after: { container_definitions: '[{"image":"a"}]' } },
      ['[{"image":"a"}]'],
    ],
    [{ type: 'google_compute_instance', after: { metadata_startup_script: SCRIPT } }, [SCRIPT]],
    [
      { type: 'google_compute_instance', after: { metadata: { 'user-data': SCRIPT, other: 'b' } } },
      [`${SCRIPT}\nb`],
    ],
    [
      {
        type: 'google_compute_instance_template',
        after: { metadata_startup_script: SCRIPT, metadata: { a: 'b' } },
      },
      [SCRIPT, 'b'],
    ],
    [
      {
        type: 'google_compute_region_instance_template',
        after: { metadata_startup_script: SCRIPT, metadata: { a: 'b' } },
      },
      [SCRIPT, 'b'],
    ],
    [
      {
        type: 'google_cloud_run_v2_service',
        after: {
          template: [
            {
              containers: [
                {
                  image: 'i',
                  env: [
                    { name: 'A', value: 'b' },
                    { name: 'C', value: null },
                  ],
                  args: ['--x'],
                },
              ],
            },
          ],
        },
      },
      ['i\nA=b\nC\n--x'],
    ],
    [
      { type: 'docker_container', after: { command: ['a', '--b'], entrypoint: ['c'], env: ['D=e'] } },
      ['a --b', 'c', 'D=e'],
    ],
    [{ type: 'docker_container', after: { env: ['D=e', 7, null] } }, ['D=e\n7']],
    [{ type: 'null_resource', after: { user_data: SCRIPT } }, []],
  ])('%j', (resource, expected) => expect(texts(resource)).toEqual(expected));

  test('is read once', () => {
    const resources = new Resources(
      readPlan(planOf([{ type: 'docker_container', after: { env: ['D=e'] } }])),
      undefined,
    );
    expect(bootTexts(resources)).toBe(bootTexts(resources));
  });
});
