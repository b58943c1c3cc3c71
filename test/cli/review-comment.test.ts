import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { EDIT, FINDING, HEAD2, BASE as SHOP, HEAD1 as SHOP_CHANGED } from '../review/shop.ts';
import { GithubApi } from '../support/github/api.ts';
import { ReviewBench } from './review-support.ts';

const SETTINGS = "docs:\n  files: ['*.md']\n";
const base = { ...SHOP, '.fleet-review.yaml': SETTINGS };

let bench: ReviewBench;
let github: GithubApi;
let commits: { readonly base: string; readonly head1: string; readonly head2: string };

beforeAll(async () => {
  [bench, github] = await Promise.all([ReviewBench.open(), new GithubApi().start()]);
  const { repository } = github;
  const from = repository.commit(base);
  const head1 = repository.commit({ ...SHOP_CHANGED, '.fleet-review.yaml': SETTINGS }, from);
  commits = {
    base: from,
    head1,
    head2: repository.commit({ ...HEAD2, '.fleet-review.yaml': SETTINGS }, head1),
  };
});
afterEach(() => expect(github.problems).toEqual([]));
afterAll(async () => {
  await bench.close();
  await github.stop();
});

const comment = (head: string) =>
  bench.review(
    ['--base', commits.base, '--head', head, '--comment'],
    {
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_REF: 'refs/pull/7/merge',
      GITHUB_TOKEN: github.token,
      GITHUB_API_URL: github.url,
      FLEET_REVIEW_LOGIN: github.bot,
    },
    github.repository.folder,
  );

test('--comment writes one review and one summary; the next push adds what is new to it, and says nothing twice', async () => {
  const pull = github.open(7, commits.base, commits.head1, { body: 'So that carts are counted.' });
  bench.answers(
    { findings: [FINDING] },
    { verdicts: [{ claim: 1, evidence: 'no first value', verdict: 'supported' }] },
    { edits: [EDIT] },
  );
  const first = await comment(commits.head1);
  expect(first, first.stderr).toMatchObject({ code: 0, data: { state: 'reviewed' } });
  expect(bench.model.asked[0]?.messages.at(-1)?.content).toContain('So that carts are counted.');
  expect(pull.reviews).toMatchObject([
    { commit: commits.head1, comments: [{ path: 'src/cart.js', line: 2, side: 'RIGHT' }] },
  ]);
  expect(pull.comments).toHaveLength(1);
  expect(pull.comments[0]?.body).toContain('Found: 1 major.');

  bench.answers();
  expect(await comment(commits.head1)).toMatchObject({ data: { state: 'skipped', why: 'already reviewed' } });
  expect(bench.model.asked).toEqual([]);

  pull.head = commits.head2;
  bench.answers({ findings: [] }, { edits: [] });
  expect(await comment(commits.head2)).toMatchObject({ data: { state: 'reviewed', findings: [] } });
  expect(bench.model.asked[0]?.messages.at(-1)?.content).not.toContain('FILE "src/cart.js"');
  expect([pull.reviews.length, pull.comments.length]).toEqual([1, 1]);
  expect(pull.comments[0]?.body).toContain('for all 2 pushes');
});

test('of a commit that the pull request has not any more nothing is written', async () => {
  const pull = github.open(7, commits.base, commits.head2);
  expect(await comment(commits.head1)).toMatchObject({
    data: { state: 'superseded', why: `there is a newer commit, ${commits.head2}` },
  });
  expect([pull.reviews, pull.comments]).toEqual([[], []]);
});
