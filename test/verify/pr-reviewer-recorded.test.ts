import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RecordedPullRequest, recordedPullRequests } from '../review/pull-requests.ts';
import { Place, type Running, SECRET } from '../services/pr-reviewer/support.ts';
import { GithubApi } from '../support/github/api.ts';
import type { StoredRun } from '../support/github/stored.ts';
import { checkSuiteWebhook, deliver, pullRequestWebhook } from '../support/github/webhooks.ts';
import { jobs, realReview, until } from '../support/real-review.ts';
import { type StagedChange, stageChange } from '../support/recorded-review.ts';

const RECORDED = recordedPullRequests();
/** One is of moves alone: no line of it can be judged. */
const JUDGED = RECORDED.filter(({ diff }) => diff.includes('\n@@ '));
const NOBODY_YET = 'until these have passed nothing is recommended';
const signed = { secret: SECRET };

let github: GithubApi;
let place: Place;

beforeEach(async () => {
  github = await new GithubApi().start();
  place = new Place();
});

afterEach(async () => {
  await place.remove();
  await github.stop();
  expect(github.problems).toEqual([]);
});

const resultOf = async (answer: Response) => ((await answer.json()) as { result: string }).result;
const run = (status: StoredRun['status'], conclusion: StoredRun['conclusion']): StoredRun[] => [
  { name: 'ci', status, conclusion },
];

test('ten are judged, in three languages', () => {
  expect(JUDGED.length).toBeGreaterThanOrEqual(10);
  expect(new Set(JUDGED.map(({ language }) => language)).size).toBe(3);
});

describe.each(JUDGED.map((recorded, index) => [recorded.name, recorded, index] as const))(
  '%s',
  (_, recorded, index) => {
    test('webhook, queue, three stages, the repository’s own checks', async () => {
      const staged = stageChange(github, recorded);
      expectRecordedDiff(staged, recorded);
      const service = await place.start(github, realReview(staged.model));
      const opened = pullRequestWebhook('opened', staged.pull);

      expect((await deliver(service.url, opened, { secret: 'of somebody else' })).status).toBe(401);
      expect([github.calls, staged.model.asked]).toEqual([[], []]);

      const delivery = randomUUID();
      const twice = await Promise.all(
        [1, 2].map(() => deliver(service.url, opened, { ...signed, delivery })),
      );
      expect((await Promise.all(twice.map(resultOf))).toSorted()).toEqual(['known', 'queued']);
      await until(async () => expect(await jobs(service, 'review', 'reviewed')).toBe(1));
      expectPosted(staged);

      const posted = structuredClone(staged.pull);
      const asked = staged.model.asked.length;
      expect(await resultOf(await deliver(service.url, opened, { ...signed, delivery }))).toBe('known');
      await expectRecommendedByItsChecksAlone(service, staged, index % 2 === 0 ? 'success' : 'failure');
      expect(staged.pull.reviews).toEqual(posted.reviews);
      expect(staged.model.asked).toHaveLength(asked);
    });
  },
);

/** What the stand-in's git says of the commits is what the file says that git said once. */
function expectRecordedDiff({ base, head }: StagedChange, { diff }: RecordedPullRequest): void {
  const made = github.repository.bytes({}, 'diff', '-M', `${base}...${head}`).toString();
  const withoutIds = (text: string) => text.replaceAll(/^index .*$/gm, 'index');
  expect(withoutIds(made)).toBe(withoutIds(diff));
}

/** One review on exactly the lines, one summary with exactly the patch, one branch of exactly one commit. */
function expectPosted({ pull, head, lines, edit, test: written, model }: StagedChange): void {
  expect(new Set(model.asked.map(({ stage }) => stage))).toEqual(
    new Set(['review', 'verify', 'docs', 'tests']),
  );
  expect(lines.length).toBeGreaterThan(0);
  expect(pull.reviews).toMatchObject([{ commit: head, login: github.bot }]);
  expect(
    pull.reviews[0]?.comments.map(({ path, side, line }) => `${path} ${side} ${line}`).toSorted(),
  ).toEqual(lines.map(({ path, side, line }) => `${path} ${side} ${line}`).toSorted());
  for (const { side, body } of pull.reviews[0]?.comments ?? []) expect(body).toContain(`about ${side}`);

  expect(pull.comments).toHaveLength(1);
  const summary = pull.comments[0]?.body ?? '';
  expect(summary).toContain(`Found: ${lines.length} major.`);
  expect(summary).toContain(NOBODY_YET);
  expect(patched(summary, head, edit.path)).toBe(`# Guide\n\n${edit.replace}\n\nMore.`);

  const branch = branchOf(pull.number, head);
  const { repository } = github;
  expect(repository.git('rev-parse', `${branch}^`)).toBe(head);
  expect(repository.git('diff', '--name-status', head, branch)).toBe(`A\t${written.path}`);
  expect(`${repository.git('show', `${branch}:${written.path}`)}\n`).toBe(written.content);
}

/** A document after the patch of a summary, by git itself. */
function patched(summary: string, head: string, path: string): string {
  const [, patch = ''] = /```diff\n([\s\S]*?)\n```/.exec(summary) ?? [];
  const { repository } = github;
  repository.git('checkout', '--quiet', '--detach', '--force', head);
  repository.gitWith({ input: `${patch}\n` }, 'apply', '--unidiff-zero');
  return repository.git('diff', '--name-only') === path
    ? repository
        .bytes({}, 'cat-file', 'blob', repository.git('hash-object', '-w', path))
        .toString()
        .trimEnd()
    : 'another file was changed';
}

const branchOf = (number: number, head: string) => `fleet-review/${number}/${head.slice(0, 12)}`;

async function expectRecommendedByItsChecksAlone(
  service: Running,
  { pull, head }: StagedChange,
  conclusion: 'success' | 'failure',
): Promise<void> {
  const branch = branchOf(pull.number, head);
  const commit = github.repository.git('rev-parse', branch);
  const summary = () => pull.comments[0]?.body;
  const before = summary();
  github.runs.set(commit, run('in_progress', null));
  await deliver(service.url, checkSuiteWebhook(commit, branch, 1), signed);
  await until(async () => expect(await jobs(service, 'checks', 'waiting')).toBe(1));
  expect(summary()).toBe(before);

  github.runs.set(commit, run('completed', conclusion));
  const over = checkSuiteWebhook(commit, branch, 2);
  await Promise.all([1, 2, 3].map(() => deliver(service.url, over, signed)));
  const result = conclusion === 'success' ? 'recommended' : 'not recommended';
  await until(async () => expect(await jobs(service, 'checks', result)).toBe(1));
  const said =
    conclusion === 'success' ? 'passed with them: recommended.' : 'did not pass with them: not recommended.';
  expect(summary()).toBe(
    before?.replace(/The repository’s own checks run them; .*/, `The repository’s own checks ${said}`),
  );
  expect(github.calls.filter((call) => call === 'issues/update-comment')).toHaveLength(1);
}

test('a change of moves alone is said to have no lines, and nobody is asked about it', async () => {
  const [moved, ...more] = RECORDED.filter((recorded) => !JUDGED.includes(recorded));
  if (moved === undefined || more.length > 0) throw new Error('one such change is recorded');
  const staged = stageChange(github, moved);
  expectRecordedDiff(staged, moved);
  const service = await place.start(github, realReview(staged.model));
  await deliver(service.url, pullRequestWebhook('opened', staged.pull), signed);
  await until(async () => expect(await jobs(service, 'review', 'reviewed')).toBe(1));
  expect([staged.model.asked, staged.pull.reviews]).toEqual([[], []]);
  expect(staged.pull.comments[0]?.body).toContain('Not read: 14');
});
