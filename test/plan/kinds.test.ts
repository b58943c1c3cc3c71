import { describe, expect, test } from 'vitest';
import { digestOf } from '../../plan/digest.ts';
import { reasonOf } from '../../plan/fate.ts';
import { PlanError, readPlan } from '../../plan/plan-json.ts';
import { planCases, recordedPlan } from '../support/plans/corpus.ts';
import { judgeCase } from './support.ts';

const kinds = new Map(planCases('kinds').map((plan) => [plan.name, plan]));

function kind(name: string) {
  const plan = kinds.get(name);
  if (plan === undefined) throw new Error(`no kind is called ${name}`);
  return plan;
}

/** What Terraform plans → what is read of it: address, action, why. */
const READ: readonly (readonly [string, readonly string[]])[] = [
  ['kind-create', ['create terraform_data.new']],
  ['kind-update', ['update terraform_data.router']],
  [
    'kind-replace-by-triggers',
    [
      'replace terraform_data.gateway: something in its replace_triggered_by changes',
      'update terraform_data.router',
    ],
  ],
  [
    'kind-replace-cannot-update',
    ['replace terraform_data.gateway: triggers_replace cannot be changed in place'],
  ],
  ['kind-replace-tainted', ['replace terraform_data.gateway: it is tainted']],
  ['kind-replace-by-request', ['replace terraform_data.gateway: somebody asked for it with -replace']],
  [
    'kind-replace-created-first',
    ['replace terraform_data.gateway: triggers_replace cannot be changed in place'],
  ],
  [
    'kind-destroy-no-configuration',
    ['delete terraform_data.gateway: it is not in the configuration any more'],
  ],
  [
    'kind-destroy-all',
    [
      'delete terraform_data.gateway: the plan asks for it',
      'delete terraform_data.router: the plan asks for it',
    ],
  ],
  ['kind-move', ['move terraform_data.edge (was terraform_data.gateway)']],
  ['kind-import', ['import terraform_data.found']],
  ['kind-forget', ['forget terraform_data.gateway']],
  ['kind-target', ['update terraform_data.router']],
  ['kind-failed-check', []],
  ['kind-unknown', ['create terraform_data.new', 'update terraform_data.gateway']],
  ['kind-output', []],
];

describe('a plan that Terraform made is read as', () => {
  test.each(READ)('%s', (name, expected) => {
    const { changes } = readPlan(recordedPlan(kind(name)));
    const read = changes
      .filter(({ action }) => action !== 'no-op')
      .map((change) => {
        const why = ['replace', 'delete'].includes(change.action) ? `: ${reasonOf(change)}` : '';
        const from = change.previousAddress === undefined ? '' : ` (was ${change.previousAddress})`;
        return `${change.action} ${change.address}${from}${why}`;
      });
    expect(read.toSorted()).toEqual([...expected].toSorted());
  });
});

test('the order of a replacement is read', () => {
  const created = (name: string) =>
    readPlan(recordedPlan(kind(name))).changes.find(({ action }) => action === 'replace')?.createdFirst;
  expect(created('kind-replace-created-first')).toBe(true);
  expect(created('kind-replace-cannot-update')).toBe(false);
});

test('a targeted plan is incomplete, and a failed check is read with what it says', () => {
  expect(readPlan(recordedPlan(kind('kind-target'))).complete).toBe(false);
  expect(readPlan(recordedPlan(kind('kind-update'))).complete).toBe(true);
  expect(readPlan(recordedPlan(kind('kind-failed-check'))).checks).toEqual([
    { address: 'check.weights', status: 'fail', problems: ['the weights are not two'] },
  ]);
});

test('a change of an output alone is a change', () => {
  expect(judgeCase(kind('kind-output')).summary).toMatchObject({ empty: false, outputs: ['weights'] });
});

test.each([...kinds.keys()].filter((name) => name.endsWith('-unchanged')))(
  '%s: nothing is found, and nothing changes',
  (name) => {
    const { verdict, findings, summary } = judgeCase(kind(name));
    expect(findings.filter(({ severity }) => severity === 'deny')).toEqual([]);
    if (name.startsWith('aws'))
      expect({ verdict, empty: summary.empty }).toEqual({ verdict: 'pass', empty: true });
  },
);

describe('what is no plan is refused, with what to do', () => {
  test.each([
    ['no JSON object', [], /no format_version; make it with/],
    ['another major version', { format_version: '2.0' }, /plan of format 2.0, this version reads 1.x/],
    ['a state', { format_version: '1.0', values: {} }, /a state, not a plan/],
  ])('%s', (_what, document, message) => {
    expect(() => readPlan(document)).toThrow(PlanError);
    expect(() => readPlan(document)).toThrow(message);
  });

  test('a later minor version with keys that nobody knows is read', () => {
    expect(
      readPlan({ ...recordedPlan(kind('kind-update')), format_version: '1.9', new_things: [{}] }).changes,
    ).toHaveLength(2);
  });
});

describe('the digest of a plan', () => {
  const digest = (change: (document: string) => string = (document) => document) =>
    digestOf(readPlan(JSON.parse(change(JSON.stringify(recordedPlan(kind('kind-update')))))));

  test('is the same for the same plan, also at another time and of another Terraform', () => {
    expect(
      digest((document) => document.replace('"terraform_version":"1.11.4"', '"terraform_version":"1.12.0"')),
    ).toBe(digest());
  });

  test('is another for another value', () => {
    expect(digest((document) => document.replaceAll('"two"', '"three"'))).not.toBe(digest());
  });

  test('is another for another action', () => {
    expect(
      digest((document) => document.replace('"actions":["update"]', '"actions":["delete","create"]')),
    ).not.toBe(digest());
  });

  test('does not depend on what is sensitive', () => {
    const sensitive = (value: string) =>
      digestOf(
        readPlan({
          format_version: '1.2',
          resource_changes: [
            {
              address: 'a.b',
              type: 'a',
              mode: 'managed',
              change: {
                actions: ['create'],
                before: null,
                after: { password: value },
                after_unknown: {},
                after_sensitive: { password: true },
              },
            },
          ],
        }),
      );
    expect(sensitive('one')).toBe(sensitive('two'));
  });
});
