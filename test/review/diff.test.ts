import { describe, expect, test } from 'vitest';
import { DiffError, type FileDiff, parseDiff } from '../../review/diff/parse.ts';
import { placed, placesOf } from '../../review/diff/placing.ts';
import { gitDiffs, openGitFolder, type Tree } from './git-folder.ts';

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join('');

/** Before and after of one change, each a case that other readers of diffs get wrong. */
const CHANGES: readonly (readonly [name: string, before: Tree, after: Tree])[] = [
  ['a change', { 'a.txt': numbers(1, 40) }, { 'a.txt': numbers(1, 40).replace('line 20\n', 'other\n') }],
  ['a rename', { 'a.txt': numbers(1, 40) }, { 'b.txt': numbers(1, 40) }],
  ['a rename with a change', { 'a.txt': numbers(1, 40) }, { 'd/b.txt': `${numbers(1, 39)}new\n` }],
  ['a deletion', { 'a.txt': numbers(1, 5), keep: '' }, { keep: '' }],
  ['a new file', { keep: '' }, { keep: '', 'n.txt': 'one\ntwo\n' }],
  ['empty files', { old: '' }, { new: '' }],
  ['CRLF', { 'a.txt': 'a\r\nb\r\nc\r\n' }, { 'a.txt': 'a\r\nB\r\nc\r\nd\r\n' }],
  ['CRLF turned to LF', { 'a.txt': 'a\r\nb\r\n' }, { 'a.txt': 'a\nb\n' }],
  ['no newline at the end', { 'a.txt': 'x\ny' }, { 'a.txt': 'x\nz' }],
  ['a newline that comes', { 'a.txt': 'x\ny' }, { 'a.txt': 'x\ny\n' }],
  ['a newline that goes', { 'a.txt': 'x\ny\n' }, { 'a.txt': 'x\ny' }],
  [
    'lines like headers',
    { 'a.sql': '-- a\n++ b\n' },
    { 'a.sql': '++ b\n-- c\ndiff --git a/x b/x\n@@ -1 +1 @@\n' },
  ],
  ['lone carriage returns, form feeds, U+2028', { a: 'x\n' }, { a: 'a\rb\nc\fd\ve\u2028f\u0085g\n' }],
  ['blanks in names', { 'a b/c d.txt': 'x\n', 'e b/e b': 'x\n' }, { 'a b/c d.txt': 'y\n', 'e b/e b': 'y\n' }],
  ['quoted names', { 'tab\tname': 'x\n', 'ü"\\.txt': 'x\n' }, { 'tab\tname': 'y\n', 'ü"\\.txt': 'y\n' }],
  [
    'a quoted name that is new, empty and renamed',
    { 'ä.txt': numbers(1, 9) },
    { 'ö\n.txt': numbers(1, 9), é: '' },
  ],
  [
    'binary files',
    { 'a.bin': Uint8Array.of(0, 1, 2) },
    { 'a.bin': Uint8Array.of(0, 1, 3), 'b.bin': Uint8Array.of(0) },
  ],
  ['a file that becomes binary', { 'a.dat': 'text\n' }, { 'a.dat': Uint8Array.of(0, 10, 0) }],
  ['names that look like prefixes', { 'a/a/b/x': 'x\n', 'b/b': 'x\n' }, { 'a/a/b/x': 'y\n', 'b/b': 'y\n' }],
  [
    'many hunks',
    { a: numbers(1, 400) },
    { a: numbers(1, 400).replaceAll(/line (\d)0\d\n/g, 'hundred $1\n') },
  ],
  ['5,000 lines', { a: numbers(1, 2_600) }, { a: numbers(5_001, 7_600), b: numbers(1, 3) }],
];

describe('against git itself', () => {
  const said = gitDiffs(CHANGES.map(([, before, after]) => ({ before, after })));

  test.each(CHANGES.map(([name, before, after], index) => [name, before, after, said[index]] as const))(
    '%s',
    (_, before, after, of) => {
      const files = parseDiff(of?.diff ?? '');
      expect(files.map(({ path }) => path).toSorted()).toEqual(of?.paths);
      expect(rebuilt(before, files)).toEqual(textsOf(after));
      for (const file of files) expectExactPlaces(file, before, after);
    },
  );

  test('a mode that changes has a name and no lines', () => {
    const git = openGitFolder();
    const from = git.commit({ 'run me.sh': 'x\n' });
    const to = git.commit({ 'run me.sh': 'x\n' }, { executable: ['run me.sh'] });
    expect(parseDiff(git.diff(from, to))).toEqual([
      { path: 'run me.sh', oldPath: 'run me.sh', change: 'modified', binary: false, hunks: [] },
    ]);
    git.close();
  });
});

/** Every place has the number that the line has in the file. */
function expectExactPlaces(file: FileDiff, before: Tree, after: Tree): void {
  const [old, young] = [linesOf(before[file.oldPath ?? '']), linesOf(after[file.path])];
  for (const { line, side, text } of placesOf(file))
    expect((side === 'LEFT' ? old : young)[line - 1]).toBe(text);
}

function linesOf(content: string | Uint8Array = ''): string[] {
  return typeof content === 'string' ? content.split('\n') : [];
}

function textsOf(tree: Tree): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tree).flatMap(([path, content]) => (typeof content === 'string' ? [[path, content]] : [])),
  );
}

/** The new tree's texts, made of the old tree and of nothing but what was read from the diff. */
function rebuilt(before: Tree, files: readonly FileDiff[]): Record<string, string> {
  const texts = textsOf(before);
  const made = files.flatMap(({ path, oldPath, change, binary, hunks }) => {
    const old = texts[oldPath ?? ''] ?? '';
    if (oldPath !== undefined && change !== 'copied') delete texts[oldPath];
    if (change === 'deleted' || binary) return [];
    const lines = old.split(/(?<=\n)/);
    const out: string[] = [];
    let at = 0;
    for (const { oldStart, oldCount, lines: found } of hunks) {
      const start = oldCount === 0 ? oldStart : oldStart - 1;
      out.push(...lines.slice(at, start));
      at = start + oldCount;
      for (const { kind, text, unended } of found)
        if (kind !== 'removed') out.push(unended ? text : `${text}\n`);
    }
    return [[path, [...out, ...lines.slice(at)].join('')] as const];
  });
  return { ...texts, ...Object.fromEntries(made) };
}

describe('a text that is no whole diff', () => {
  const whole =
    'diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n';
  test.each([
    ['prose', 'hello\n', 'line 1'],
    ['a cut hunk', whole.slice(0, whole.indexOf('+three')), 'line 7'],
    ['a hunk longer than it says', whole.replace('-1,2', '-1,1').replace(' one', ' one\n zero'), 'line'],
    ['a merge', 'diff --git a/x b/x\n@@@ -1 -1 +1 @@@\n', 'merge'],
    ['a line without a sign', whole.replace('-two', 'two'), 'begins with'],
  ])('%s is refused', (_, text, message) => {
    expect(() => parseDiff(text)).toThrow(DiffError);
    expect(() => parseDiff(text)).toThrow(message);
  });

  test('nothing is no file', () => {
    expect(parseDiff('')).toEqual([]);
  });
});

describe('a claim is placed', () => {
  const [file] = parseDiff(
    'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,5 +1,7 @@\n a\n-b(1)\n+b(2)\n+ret  urn\n c\n c\n+c\n d\n',
  );
  if (file === undefined) throw new Error('no file');
  const at = (line: number, quote: string, removed = false) => {
    const found = placed(file, { line, quote, removed });
    return found === undefined ? undefined : `${found.side} ${found.line}`;
  };

  test('on the line that it names, blanks aside', () => expect(at(3, ' ret urn ')).toBe('RIGHT 3'));
  test('on the removed line', () => expect(at(2, 'b(1)', true)).toBe('LEFT 2'));
  test('on a part of the line that it names', () => expect(at(2, 'b(')).toBe('RIGHT 2'));
  test('on the one changed line that has its text, where the number is wrong', () =>
    expect(at(99, 'c')).toBe('RIGHT 6'));
  test('on the one context line that has its text', () => expect(at(99, 'd')).toBe('RIGHT 7'));
  test('on the side that is meant, where both have its text', () => {
    const [moved] = parseDiff(
      'diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n-  same(1)\n+same(1)\n z\n',
    );
    const sides = [true, false].map(
      (removed) => moved && placed(moved, { line: 9, removed, quote: 'same(1)' })?.side,
    );
    expect(sides).toEqual(['LEFT', 'RIGHT']);
  });
  test('nowhere where several have it', () => expect(at(99, 'b(')).toBeUndefined());
  test('nowhere where none has it', () => expect(at(2, 'nothing')).toBeUndefined());
  test('nowhere without a quote', () => expect(at(2, ' ')).toBeUndefined());
});
