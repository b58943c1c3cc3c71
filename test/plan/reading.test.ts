import { describe, expect, test } from 'vitest';
import { readPlan } from '../../plan/plan-json.ts';
import { sensitiveValues } from '../../plan/scrub.ts';
import { UNKNOWN, View } from '../../plan/view.ts';

describe('a value of a block', () => {
  const view = new View(
    {
      ...{ text: 'a', number: 7, digits: '7', none: null, empty: '', yes: true, no: false },
      ...{
        said: 'true',
        not: 'false',
        expression: `\${a.b}`,
        escaped: `$\${a.b}`,
        word: 'x',
        list: ['a', 1],
      },
      ...{
        mixed: ['a', `\${b}`],
        later: ['a', null],
        block: { a: 1 },
        blocks: [{ a: 1 }, 'no block', { a: 2 }],
      },
      ...{ unknown: null, inner: [{ a: null }, { a: 1 }], single: { a: null } },
    },
    { unknown: true, later: [false, true], inner: [{ a: true }, {}], single: { a: true } },
  );

  test.each([
    ['text', 'a'],
    ['number', 7],
    ['none', undefined],
    ['missing', undefined],
    ['unknown', UNKNOWN],
    ['expression', UNKNOWN],
    ['escaped', `$\${a.b}`],
    ['no', false],
  ])('%s as it is', (key, value) => expect(view.get(key)).toBe(value));

  test.each([
    ['text', 'a'],
    ['number', '7'],
    ['none', undefined],
    ['unknown', UNKNOWN],
    ['yes', 'true'],
  ])('%s as text', (key, value) => expect(view.text(key)).toBe(value));

  test.each([
    ['number', 7],
    ['digits', 7],
    ['word', undefined],
    ['empty', undefined],
    ['none', undefined],
    ['unknown', UNKNOWN],
  ])('%s as a number', (key, value) => expect(view.number(key)).toBe(value));

  test.each([
    ['yes', true],
    ['said', true],
    ['no', false],
    ['not', false],
    ['word', false],
    ['empty', undefined],
    ['none', undefined],
    ['unknown', UNKNOWN],
  ])('%s as a truth value', (key, value) => expect(view.flag(key)).toBe(value));

  test.each([
    ['list', ['a', '1']],
    ['text', ['a']],
    ['none', []],
    ['mixed', UNKNOWN],
    ['later', UNKNOWN],
    ['unknown', UNKNOWN],
    ['inner', ['[object Object]', '[object Object]']],
  ])('%s as a list of texts', (key, value) => expect(view.texts(key)).toEqual(value));

  test.each([
    ['blocks', [1, 2]],
    ['block', [1]],
    ['none', []],
    ['text', []],
    ['inner', [UNKNOWN, 1]],
    ['single', [UNKNOWN]],
  ])('%s as blocks', (key, value) => {
    const found = view.blocks(key);
    expect(found === UNKNOWN ? found : found.map((block) => block.get('a'))).toEqual(value);
  });

  test('blocks that are not known', () => {
    expect(view.blocks('unknown')).toBe(UNKNOWN);
    expect(view.block('unknown')).toBe(UNKNOWN);
    expect(view.block('none')).toBeUndefined();
  });
});

const change = (actions: unknown, more: object = {}, of: object = {}) =>
  readPlan({
    format_version: '1.2',
    resource_changes: [{ address: 'a.b', type: 'a', mode: 'managed', change: { actions, ...more }, ...of }],
  }).changes[0];

describe('a change', () => {
  test.each([
    [['no-op'], 'no-op'],
    [['create'], 'create'],
    [['read'], 'read'],
    [['update'], 'update'],
    [['delete'], 'delete'],
    [['forget'], 'forget'],
    [['create', 'forget'], 'forget'],
    [['delete', 'create'], 'replace'],
    [['create', 'delete'], 'replace'],
    [[], 'no-op'],
    [['tomorrow'], 'no-op'],
    ['no list', 'no-op'],
  ])('of actions %s is %s', (actions, action) => expect(change(actions)?.action).toBe(action));

  test('is created first only where the plan says so', () => {
    expect(
      [['create', 'delete'], ['delete', 'create'], ['create'], ['delete']].map(
        (one) => change(one)?.createdFirst,
      ),
    ).toEqual([true, false, false, false]);
  });

  test('is an import or a move only where nothing else happens', () => {
    expect(change(['no-op'], { importing: { id: 'x' } })?.action).toBe('import');
    expect(change(['update'], { importing: { id: 'x' } })?.action).toBe('update');
    expect(change(['no-op'], {}, { previous_address: 'a.c' })).toMatchObject({
      action: 'move',
      previousAddress: 'a.c',
    });
    expect(change(['update'], {}, { previous_address: 'a.c' })).toMatchObject({
      action: 'update',
      previousAddress: 'a.c',
    });
    expect(change(['no-op'], {}, { previous_address: 7 })).toMatchObject({
      action: 'no-op',
      previousAddress: undefined,
    });
  });

  test('has what is not said as nothing', () => {
    expect(change(['update'])).toEqual({
      address: 'a.b',
      type: 'a',
      mode: 'managed',
      action: 'update',
      createdFirst: false,
      replacePaths: [],
      unknown: {},
    });
    expect(
      change(
        ['update'],
        { replace_paths: ['no path', ['a', 0]], before: [1], after: 'x' },
        { action_reason: 7 },
      ),
    ).toMatchObject({
      replacePaths: [['a', 0]],
      before: undefined,
      after: undefined,
      reason: undefined,
    });
    expect(change(['read'], {}, { mode: 'data' })?.mode).toBe('data');
  });
});

test('a plan that says little is complete, without errors, and holds nothing', () => {
  expect(readPlan({ format_version: '1.0' })).toEqual({
    terraformVersion: '',
    complete: true,
    errored: false,
    deferred: 0,
    ...{ changes: [], drift: [], outputs: [], checks: [], variables: [] },
    configuration: {},
  });
});

test('a plan is read with its outputs, checks, drift and variables', () => {
  const plan = readPlan({
    format_version: '1.2',
    terraform_version: '1.11.4',
    complete: false,
    errored: true,
    deferred_changes: [{}, {}],
    resource_drift: [{ address: 'a.b', type: 'a', mode: 'managed', change: { actions: ['update'] } }],
    output_changes: {
      one: { actions: ['update'], before: 1, after: 2, after_unknown: false, after_sensitive: true },
      two: { actions: ['no-op'], after_unknown: true },
      three: 'no change',
    },
    checks: [
      {
        address: { to_display: 'check.a' },
        status: 'fail',
        instances: [{ problems: [{ message: 'one' }] }, { problems: [{ message: 'two' }] }],
      },
    ],
    variables: { given: { value: 1 }, both: { value: 2 } },
    configuration: {
      root_module: { variables: { both: { default: 3, sensitive: true }, fallback: { default: 4 } } },
    },
  });
  expect(plan).toMatchObject({ terraformVersion: '1.11.4', complete: false, errored: true, deferred: 2 });
  expect(plan.drift.map(({ address, action }) => `${action} ${address}`)).toEqual(['update a.b']);
  expect(plan.outputs).toEqual([
    { name: 'one', before: 1, value: 2, unknown: false, sensitive: true, changes: true },
    { name: 'two', unknown: true, sensitive: false, changes: false },
    { name: 'three', unknown: false, sensitive: false, changes: false },
  ]);
  expect(plan.checks).toEqual([{ address: 'check.a', status: 'fail', problems: ['one', 'two'] }]);
  expect(plan.variables).toEqual([
    { name: 'both', value: 2, sensitive: true },
    { name: 'fallback', value: 4, sensitive: false },
    { name: 'given', value: 1, sensitive: false },
  ]);
});

test('what is sensitive is found wherever it is, the longest first', () => {
  const change = {
    actions: ['update'],
    before: { a: 'before-it', plain: 'plain-text' },
    after: {
      a: 'after',
      list: ['first-one', 'second-one'],
      deep: { b: { c: 'deep-one' } },
      all: { x: ['within-all', 'short'] },
    },
    before_sensitive: { a: true },
    after_sensitive: {
      a: true,
      list: [false, true],
      deep: { b: { c: true } },
      all: true,
      plain: false,
      none: null,
      gone: { x: true },
    },
  };
  const plan = readPlan({
    format_version: '1.2',
    resource_changes: [{ address: 'a.b', type: 'a', change }],
    resource_drift: [
      { address: 'a.b', type: 'a', change: { ...change, before: { a: 'drifted-value' }, after: null } },
    ],
    output_changes: { o: { after: 'of-an-output', after_sensitive: true }, p: { after: 'public-output' } },
    variables: { v: { value: 'of-a-variable' }, w: { value: 'public-variable' } },
    configuration: { root_module: { variables: { v: { sensitive: true }, w: {} } } },
  });
  expect(sensitiveValues(plan)).toEqual([
    'drifted-value',
    'of-a-variable',
    'of-an-output',
    'second-one',
    'within-all',
    'before-it',
    'deep-one',
  ]);
});
