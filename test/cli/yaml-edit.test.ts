import { describe, expect, test } from 'vitest';
import { removeKey, setScalar } from '../../cli/yaml-edit.ts';

const TEXT = `# first
models:
  gpt: # the model
    releases:
      # the old one
      v32:
        weight: 80 # most of it
        role: stable
      v33: { role: 'canary', weight: 15 } # on trial
      public: { weight: 5 }
  other:
    alias: gpt
`;

describe('setting one value leaves every other byte', () => {
  test.each([
    [['models', 'gpt', 'releases', 'v32', 'weight'], '70.5', 'weight: 80 # most', 'weight: 70.5 # most'],
    [['models', 'gpt', 'releases', 'v33', 'weight'], '20', 'weight: 15 }', 'weight: 20 }'],
    [['models', 'gpt', 'releases', 'v33', 'role'], 'stable', "role: 'canary'", 'role: stable'],
    [
      ['models', 'gpt', 'releases', 'public', 'role'],
      'canary',
      '{ weight: 5 }',
      '{ weight: 5, role: canary }',
    ],
    [
      ['models', 'gpt', 'releases', 'v32', 'note'],
      'x',
      '        role: stable\n',
      '        role: stable\n        note: x\n',
    ],
    [
      ['models', 'gpt', 'salt'],
      '"r-1"',
      '      public: { weight: 5 }\n',
      '      public: { weight: 5 }\n    salt: "r-1"\n',
    ],
  ] as const)('%j', (path, value, before, after) => {
    expect(setScalar(TEXT, path, value)).toBe(TEXT.replace(before, after));
  });

  test('also in a file without a line break at its end', () => {
    expect(setScalar('a:\n  b: 1', ['a', 'c'], '2')).toBe('a:\n  b: 1\n  c: 2\n');
  });
});

describe('removing one key leaves every other byte', () => {
  test.each([
    [['models', 'gpt', 'releases', 'v33'], "      v33: { role: 'canary', weight: 15 } # on trial\n"],
    [['models', 'gpt', 'releases', 'public'], '      public: { weight: 5 }\n'],
    [
      ['models', 'gpt', 'releases', 'v32'],
      '      v32:\n        weight: 80 # most of it\n        role: stable\n',
    ],
    [['models', 'gpt', 'releases', 'v33', 'role'], "role: 'canary', "],
    [['models', 'gpt', 'releases', 'v33', 'weight'], ', weight: 15'],
    [['models', 'other'], '  other:\n    alias: gpt\n'],
  ] as const)('%j', (path, gone) => {
    const edited = removeKey(TEXT, path);
    expect(edited.replaceAll(/ +}/g, ' }')).toBe(TEXT.replace(gone, ''));
  });
});

test.each([
  ['a mapping in the place of a value', ['models', 'gpt', 'releases']],
  ['a mapping that is not there', ['models', 'gpt-2', 'salt']],
] as const)('%s is refused, and said', (_what, path) => {
  expect(() => setScalar(TEXT, path, '1')).toThrow(`${path.join('.')} cannot be changed in place`);
});

test('the only key of a mapping is not removed', () => {
  expect(() => removeKey('a:\n  b: 1\n', ['a', 'b'])).toThrow('a.b cannot be changed in place');
});
