import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Forge } from '../../../review/forge.ts';
import { createGithub } from '../../../services/pr-reviewer/github/app.ts';
import { GithubApi } from '../../support/github/api.ts';
import { APP, OWNER, REPOSITORY } from '../../support/github/stored.ts';

const OF = { owner: OWNER, repository: REPOSITORY, number: 7 };
const MARKER = '<!-- fleet-review -->';

let github: GithubApi;
let forge: Forge;
let base: string;
let head: string;

beforeAll(async () => {
  github = await new GithubApi().start();
  base = github.repository.commit({
    'src/a.ts': 'one\ntwo\nthree\n',
    'tool.sh': '#!/bin/sh\n',
    'b.bin': Buffer.from([0xff, 0xfe, 0]),
  });
  head = github.repository.commit({ 'src/a.ts': 'one\n2\nthree\n', 'ünï "q".txt': 'a\r\nb' }, base);
  forge = await createGithub({
    ...{ api: github.url, appId: APP.id, privateKey: github.privateKey },
    ...{ log: () => {}, patient: false },
  }).forge(OF, APP.installation);
});

beforeEach(() => {
  github.problems.length = 0;
  github.open(7, base, head);
});

afterEach(() => expect(github.problems).toEqual([]));

afterAll(() => github.stop());

test('the token is for the one repository and for what the forge does', () => {
  expect(github.tokens).toEqual([
    {
      repositories: [REPOSITORY],
      permissions: {
        ...{ checks: 'read', contents: 'write', issues: 'write', pull_requests: 'write', statuses: 'read' },
      },
    },
  ]);
});

describe('reading', () => {
  test('a pull request begins at the merge base, wherever its branch is by now', async () => {
    const ahead = github.repository.commit({ 'other.txt': 'x\n' }, base);
    github.open(7, ahead, head, { fork: true });
    expect(await forge.pullRequest(OF)).toEqual({
      ...OF,
      ...{ title: 'A change', body: 'Why it is made.', baseCommit: base, baseBranch: 'main' },
      ...{ headCommit: head, headBranch: 'change-7', fork: true, bot: false, draft: false, open: true },
    });
  });

  test("a diff is git's own text", async () => {
    const diff = await forge.diff(OF, base, head);
    expect(diff).toContain('@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n');
    expect(diff).toContain('"b/\\303\\274n\\303\\257 \\"q\\".txt"');
    expect(diff).toContain('+a\r\n+b\n\\ No newline at end of file');
  });

  test('of a commit that is gone there is no diff', async () => {
    expect(await forge.diff(OF, base, 'f'.repeat(40))).toBeUndefined();
  });

  test.each([
    ['src/a.ts', 'one\n2\nthree\n'],
    ['ünï "q".txt', 'a\r\nb'],
    ['b.bin', undefined],
    ['src', undefined],
    ['missing.ts', undefined],
  ])('file %s', async (path, text) => {
    expect(await forge.file(OF, path, head)).toBe(text);
  });

  test('a file of more than a megabyte is read whole', async () => {
    const text = 'x'.repeat(1_100_000);
    const large = github.repository.commit({ 'large.txt': text }, head);
    expect(await forge.file(OF, 'large.txt', large)).toBe(text);
  });

  test('paths of a commit', async () => {
    expect((await forge.paths(OF, head)).toSorted()).toEqual(['b.bin', 'src/a.ts', 'tool.sh', 'ünï "q".txt']);
  });
});

describe('a review', () => {
  const comment = { path: 'src/a.ts', line: 2, side: 'RIGHT', body: 'Why 2?' } as const;

  test('is published once for its marker', async () => {
    await forge.publishReview(OF, head, [comment], MARKER);
    await forge.publishReview(OF, head, [comment], MARKER);
    expect(github.pulls.get(7)?.reviews).toHaveLength(1);
    expect(await forge.ownComments(OF)).toEqual([{ ...comment, commit: head }]);
  });

  test("somebody else's marker counts for nothing", async () => {
    const strange = { id: 1, login: 'mallory', commit: head, body: MARKER, comments: [comment] };
    github.pulls.get(7)?.reviews.push(strange);
    expect(await forge.ownComments(OF)).toEqual([]);
    await forge.publishReview(OF, head, [comment], MARKER);
    expect(github.pulls.get(7)?.reviews.map(({ login }) => login)).toEqual(['mallory', github.bot]);
  });

  test('with more text than a comment holds is refused whole', async () => {
    const long = { ...comment, body: 'x'.repeat(65_537) };
    await expect(forge.publishReview(OF, head, [comment, long], MARKER)).rejects.toThrow('too long');
    expect(github.pulls.get(7)?.reviews).toEqual([]);
  });

  test('with a line outside the diff is refused whole', async () => {
    const outside = { ...comment, line: 40 };
    await expect(forge.publishReview(OF, head, [comment, outside], MARKER)).rejects.toThrow(
      'part of the diff',
    );
    expect(github.pulls.get(7)?.reviews).toEqual([]);
  });
});

test('the summary is one comment, also behind many others', async () => {
  const pull = github.pulls.get(7);
  for (let id = 1; id <= 130; id++) pull?.comments.push({ id, login: 'ada', body: `${MARKER} ${id}` });
  expect(await forge.summary(OF, MARKER)).toBeUndefined();
  await forge.writeSummary(OF, `first ${MARKER}`, MARKER);
  await forge.writeSummary(OF, `second ${MARKER}`, MARKER);
  expect(pull?.comments.filter(({ login }) => login === github.bot)).toHaveLength(1);
  expect(await forge.summary(OF, MARKER)).toBe(`second ${MARKER}`);
});

describe('a commit on a branch', () => {
  const change = {
    ...{ branch: 'fleet-review/tests', message: 'Tests' },
    files: new Map([
      ['test/a.test.ts', 'ok\n'],
      ['tool.sh', '#!/bin/sh\nexit 1\n'],
    ]),
  };

  test('is the same commit when it is made again, and keeps what is executable', async () => {
    github.repository.git('checkout', '--quiet', '--detach', head);
    github.repository.git('update-index', '--chmod=+x', 'tool.sh');
    github.repository.git('commit', '--quiet', '--message', 'x');
    const parent = github.repository.git('rev-parse', 'HEAD');
    const made = await forge.commitOnBranch(OF, { ...change, parent });
    expect(await forge.commitOnBranch(OF, { ...change, parent })).toBe(made);
    expect(github.repository.git('rev-parse', change.branch, `${change.branch}^`).split('\n')).toEqual([
      made,
      parent,
    ]);
    expect(github.repository.git('show', `${made}:test/a.test.ts`)).toBe('ok');
    expect(github.repository.tree(made, true).find(({ path }) => path === 'tool.sh')?.mode).toBe('100755');
  });

  test("a branch of another's making stays where it is", async () => {
    github.repository.git('branch', 'taken', base);
    const taken = { ...change, branch: 'taken', parent: head };
    await expect(forge.commitOnBranch(OF, taken)).rejects.toThrow('holds another commit');
    expect(github.repository.git('rev-parse', 'taken')).toBe(base);
  });
});

test.each([
  ['none', []],
  ['pending', [run('in_progress', null), run('completed', 'failure')]],
  ['passed', [run('completed', 'success'), run('completed', 'neutral')]],
  ['failed', [run('completed', 'success'), run('completed', 'cancelled')]],
] as const)('checks: %s', async (state, runs) => {
  github.runs.set(head, [...runs]);
  expect(await forge.checks(OF, head)).toBe(state);
});

function run<
  S extends 'in_progress' | 'completed',
  C extends 'success' | 'failure' | 'neutral' | 'cancelled' | null,
>(status: S, conclusion: C) {
  return { name: 'ci', status, conclusion };
}
