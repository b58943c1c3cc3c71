import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { patchOf } from '../../review/patch.ts';
import { type GitFolder, openGitFolder } from './git-folder.ts';

let git: GitFolder;
beforeAll(() => {
  git = openGitFolder();
});
afterAll(() => git.close());

const edit = (find: string, replace: string, path = 'a b.md') => ({ path, find, replace, why: 'w' });

test.each([
  ['within a line', 'one\ntwo three\nfour\n', [edit('two', '2')]],
  [
    'of whole lines, longer and shorter',
    'a\nb\nc\nd\ne\n',
    [edit('b\nc\n', 'B\n'), edit('e\n', 'e\nf\ng\n')],
  ],
  ['that takes lines away', 'a\nb\nc\n', [edit('b\n', '')]],
  ['at the end without a newline', 'a\nb', [edit('b', 'c')]],
  ['at the beginning, with CRLF', 'a\r\nb\r\nc\r\n', [edit('a\r\n', 'A\r\nAA\r\n'), edit('c', 'C')]],
  ['of everything', 'a\nb\n', [edit('a\nb\n', 'x\n')]],
  ['that overlap: the first counts', 'a b c\nd\n', [edit('a b', 'x'), edit('b c', 'y')]],
])('an edit %s is a patch that git applies', (_, before, edits) => {
  const { text, files } = patchOf(edits, [{ path: 'a b.md', text: before }]);
  git.commit({ 'a b.md': before });
  writeFileSync(join(git.folder, '.git', 'p.diff'), text);
  git.git('apply', '--unidiff-zero', '--index', '.git/p.diff');
  expect(git.git('show', ':a b.md')).toBe(files.get('a b.md'));
  expect(files.get('a b.md')).not.toBe(before);
});

test('what is no edit is no patch', () => {
  expect(patchOf([edit('x', 'y')], [{ path: 'a b.md', text: 'a\n' }])).toEqual({
    text: '',
    files: new Map(),
  });
});
