import { describe, expect, test } from 'vitest';
import { digestOf } from '../../plan/digest.ts';
import { readPlan } from '../../plan/plan-json.ts';

type Values = Record<string, unknown>;

const CHANGE: Values = {
  actions: ['update'],
  before: { a: 1, b: { c: 1, d: [1, 2] }, key: 'old' },
  after: { a: 2, b: { c: 1, d: [1, 2] }, key: 'new' },
  after_unknown: { id: true },
  before_sensitive: { key: true, b: { d: [false, true] } },
  after_sensitive: { key: true, b: { d: [false, true] } },
};

function digest({
  change = {},
  resource = {},
  document = {},
}: {
  change?: Values;
  resource?: Values;
  document?: Values;
} = {}) {
  return digestOf(
    readPlan({
      format_version: '1.2',
      resource_changes: [
        { address: 'a.b', type: 'a', mode: 'managed', ...resource, change: { ...CHANGE, ...change } },
        { address: 'a.z', type: 'a', mode: 'managed', change: { actions: ['delete'], before: { a: 1 } } },
      ],
      output_changes: {
        o: { actions: ['update'], before: 1, after: 2 },
        s: { actions: ['update'], before: 'x', after: 'y', after_sensitive: true },
        same: { actions: ['no-op'], before: 1, after: 1 },
      },
      ...document,
    }),
  );
}

const reversed = (values: Values): Values => Object.fromEntries(Object.entries(values).toReversed());

describe('the digest of a plan is the same', () => {
  test.each<[string, Parameters<typeof digest>[0]]>([
    [
      'whatever order its keys are in',
      { change: { after: reversed(CHANGE.after as Values), before: reversed(CHANGE.before as Values) } },
    ],
    ['whatever is sensitive', { change: { after: { ...(CHANGE.after as Values), key: 'other' } } }],
    ['whatever is sensitive inside', { change: { after: { a: 2, b: { c: 1, d: [1, 9] }, key: 'new' } } }],
    [
      'whatever a sensitive output is',
      {
        document: {
          output_changes: {
            o: { actions: ['update'], after: 2 },
            s: { actions: ['update'], after: 'z', after_sensitive: true },
          },
        },
      },
    ],
    [
      'whatever stays of the outputs',
      {
        document: {
          output_changes: {
            o: { actions: ['update'], after: 2 },
            s: { actions: ['update'], after_sensitive: true },
            same: { actions: ['no-op'], after: 7 },
          },
        },
      },
    ],
    ['whatever the reason is', { resource: { action_reason: 'replace_by_request' } }],
  ])('%s', (_what, more) => expect(digest(more)).toBe(digest()));

  test('whatever order its resources are in, and whatever is there that it leaves or reads', () => {
    const resource = (address: string, actions: string[]) => ({
      address,
      type: 'a',
      mode: 'managed',
      change: { actions, before: { a: 1 }, after: { a: address } },
    });
    const of = (...resources: object[]) =>
      digestOf(readPlan({ format_version: '1.2', resource_changes: resources }));
    const [one, two, three] = [
      resource('a.one', ['update']),
      resource('a.two', ['update']),
      resource('a.three', ['delete']),
    ];
    const expected = of(one, two, three);
    for (const order of [
      [one, three, two],
      [two, one, three],
      [two, three, one],
      [three, one, two],
      [three, two, one],
    ])
      expect(of(...order)).toBe(expected);
    expect(of(one, resource('a.kept', ['no-op']), two, resource('a.read', ['read']), three)).toBe(expected);
  });
});

describe('the digest of a plan is another', () => {
  test.each<[string, Parameters<typeof digest>[0]]>([
    ['for another address', { resource: { address: 'a.c' } }],
    ['for another action', { change: { actions: ['create'] } }],
    ['for another order of a replacement', { change: { actions: ['create', 'delete'] } }],
    ['for another place in the code', { resource: { previous_address: 'a.c' } }],
    ['for another path that replaces it', { change: { replace_paths: [['a']] } }],
    ['for another value before', { change: { before: { ...(CHANGE.before as Values), a: 7 } } }],
    ['for another value after', { change: { after: { ...(CHANGE.after as Values), a: 7 } } }],
    ['for another value in a list', { change: { after: { a: 2, b: { c: 1, d: [7, 2] }, key: 'new' } } }],
    ['for a value inside', { change: { after: { a: 2, b: { c: 7, d: [1, 2] }, key: 'new' } } }],
    ['for a value that becomes null', { change: { after: { ...(CHANGE.after as Values), a: null } } }],
    ['for a value that is not sensitive any more', { change: { after_sensitive: {} } }],
    ['for something that is not known', { change: { after_unknown: {} } }],
    [
      'for another output',
      {
        document: {
          output_changes: {
            o: { actions: ['update'], after: 3 },
            s: { actions: ['update'], after_sensitive: true },
          },
        },
      },
    ],
    [
      'for an output of another name',
      {
        document: {
          output_changes: {
            p: { actions: ['update'], after: 2 },
            s: { actions: ['update'], after_sensitive: true },
          },
        },
      },
    ],
    ['for a plan that is not the whole change', { document: { complete: false } }],
  ])('%s', (_what, more) => expect(digest(more)).not.toBe(digest()));

  test('for another order of a replacement alone', () => {
    expect(digest({ change: { actions: ['create', 'delete'] } })).not.toBe(
      digest({ change: { actions: ['delete', 'create'] } }),
    );
  });

  test('for values of another shape', () => {
    const values = [null, [], {}, [[]], [{}], '', 0, false, ['a'], { a: 1 }, { a: '1' }, { a: null }, 'null'];
    const digests = values.map((value) => digest({ change: { after: { a: value } } }));
    expect(new Set(digests).size).toBe(values.length);
  });
});
