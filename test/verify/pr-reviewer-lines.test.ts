import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { allSupported, scriptedModel } from '../review/memory.ts';
import { recordedPullRequests } from '../review/pull-requests.ts';
import { Place, SECRET } from '../services/pr-reviewer/support.ts';
import { GithubApi } from '../support/github/api.ts';
import type { StoredPull } from '../support/github/stored.ts';
import { checkSuiteWebhook, deliver, pullRequestWebhook } from '../support/github/webhooks.ts';
import { BUCKET, GoogleReviews, QUEUE } from '../support/google-reviews.ts';
import { jobs, realReview, until } from '../support/real-review.ts';
import { stageChange } from '../support/recorded-review.ts';

const signed = { secret: SECRET };
const numbers = (from: number, to: number, word = 'line') =>
  Array.from({ length: to - from + 1 }, (_, index) => `${word} ${from + index}\n`).join('');

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

const BEFORE = {
  'moved from.txt': numbers(1, 40),
  'gone.txt': 'first\nsecond\nthird\n',
  'windows.txt': 'one\r\ntwo\r\nthree\r\n',
  'unended.txt': 'begin\nold end',
  'picture.bin': Uint8Array.of(0, 1, 2),
  'long.txt': numbers(1, 2_600),
};
const AFTER = {
  'moved from.txt': undefined,
  'moved to.txt': numbers(1, 40).replace('line 33\n', 'line thirty-three\n'),
  'gone.txt': undefined,
  'windows.txt': 'one\r\nTWO\r\nthree\r\nfour\r\n',
  'unended.txt': 'begin\nnew end',
  'picture.bin': Uint8Array.of(0, 9, 2),
  'long.txt': numbers(1, 2_600, 'row'),
};

/** What is said, by its text, and the one place where it must stand. */
const SAID = [
  ['moved to.txt', 'RIGHT', 33, 'line thirty-three'],
  ['moved to.txt', 'LEFT', 33, 'line 33'],
  ['gone.txt', 'LEFT', 2, 'second'],
  ['windows.txt', 'RIGHT', 2, 'TWO'],
  ['windows.txt', 'RIGHT', 4, 'four'],
  ['unended.txt', 'RIGHT', 2, 'new end'],
  ['unended.txt', 'LEFT', 2, 'old end'],
  ['long.txt', 'LEFT', 2_599, 'line 2599'],
  ['long.txt', 'RIGHT', 2_345, 'row 2345'],
] as const;

const finder = () =>
  scriptedModel({
    review: (asked) => ({
      findings: SAID.filter(([path]) => asked.includes(`FILE "${path}"`)).map(([path, side, , quote]) => ({
        ...{ path, line: 7, removed: side === 'LEFT', quote, severity: 'major', category: 'bug' },
        ...{ title: 'wrong', explanation: 'It is wrong.' },
      })),
    }),
    verify: allSupported,
  });

const standing = ({ reviews }: StoredPull) =>
  reviews.flatMap(({ comments }) => comments.map(({ path, side, line }) => [path, side, line])).toSorted();

async function reviewed(settings: string): Promise<StoredPull> {
  const base = github.repository.commit({ ...BEFORE, '.fleet-review.yaml': settings });
  const pull = github.open(7, base, github.repository.commit(AFTER, base));
  const service = await place.start(github, realReview(finder()));
  await deliver(service.url, pullRequestWebhook('opened', pull), signed);
  await until(async () => expect(await jobs(service, 'review', 'reviewed')).toBe(1));
  return pull;
}

describe('a rename, a deletion, CRLF, no newline at the end, a binary file and 5,200 changed lines', () => {
  test('get their comments on exactly the lines', async () => {
    const pull = await reviewed('tokensPerFile: 100000\ntokens: 1000000\n');
    expect(standing(pull)).toEqual(SAID.map(([path, side, line]) => [path, side, line]).toSorted());
    expect(pull.comments[0]?.body).toContain('Not read: 1<');
    expect(pull.comments[0]?.body).toContain('`picture.bin`: binary');
  });

  test('beyond the budget get none, and it is said from which line on', async () => {
    const pull = await reviewed('tokensPerFile: 8000\n');
    const within = SAID.filter(([path]) => path !== 'long.txt');
    expect(standing(pull)).toEqual(within.map(([path, side, line]) => [path, side, line]).toSorted());
    expect(pull.comments[0]?.body).toMatch(/`long\.txt`: over the budget of the file, from line \d/);
  });
});

describe('two pushes', () => {
  const pushed = () => {
    const base = github.repository.commit({ 'a.txt': numbers(1, 60) });
    const one = github.repository.commit(
      { 'a.txt': numbers(1, 60).replace('line 9\n', 'the first fault\n') },
      base,
    );
    const both = numbers(1, 60)
      .replace('line 9\n', 'above\nthe first fault\n')
      .replace('line 50\n', 'the second fault\n');
    return { pull: github.open(7, base, one), one, two: github.repository.commit({ 'a.txt': both }, one) };
  };
  const model = () =>
    scriptedModel({
      review: (asked) => ({
        findings: ['the first fault', 'the second fault']
          .filter((quote) => asked.includes(`| +${quote}`))
          .map((quote) => ({
            ...{ path: 'a.txt', line: 1, removed: false, quote, severity: 'major', category: 'bug' },
            ...{ title: quote, explanation: 'It is wrong.' },
          })),
      }),
      verify: allSupported,
    });

  test('in their order: what was said stays said, what is new stands on the line of the new commit', async () => {
    const { pull, one, two } = pushed();
    const service = await place.start(github, realReview(model()));
    await deliver(service.url, pullRequestWebhook('opened', pull), signed);
    await until(async () => expect(await jobs(service, 'review', 'reviewed')).toBe(1));
    pull.head = two;
    await deliver(service.url, pullRequestWebhook('synchronize', pull), signed);
    await until(async () => expect(await jobs(service, 'review', 'reviewed')).toBe(2));
    expect(pull.reviews.map(({ commit, comments }) => [commit, comments.map(({ line }) => line)])).toEqual([
      [one, [9]],
      [two, [51]],
    ]);
    expect(pull.comments).toHaveLength(1);
    expect(pull.comments[0]?.body).toContain('for all 2 pushes');
  });

  test('the later one first: the one that came too late is left, nobody is asked about it', async () => {
    const { pull, one, two } = pushed();
    const asking = model();
    const service = await place.start(github, realReview(asking));
    pull.head = two;
    await deliver(service.url, pullRequestWebhook('synchronize', pull), signed);
    await deliver(service.url, pullRequestWebhook('opened', { ...pull, head: one }), signed);
    await until(async () => expect(await jobs(service, 'review', 'reviewed')).toBe(1));
    await until(async () => expect(await jobs(service, 'review', 'superseded')).toBe(1));
    expect(pull.reviews.map(({ commit, comments }) => [commit, comments.map(({ line }) => line)])).toEqual([
      [two, [10, 51]],
    ]);
    expect(asking.asked.map(({ stage }) => stage)).toEqual(['review', 'verify']);
  });
});

test('where one program takes webhooks and another one works, by way of Cloud Tasks and a bucket, it comes to the same', async () => {
  const [recorded] = recordedPullRequests().filter(({ name }) => name === 'p-limit-options-object');
  if (recorded === undefined) throw new Error('p-limit-options-object is recorded');
  const google = await new GoogleReviews().start();
  for (const [name, value] of Object.entries(google.env)) vi.stubEnv(name, value);
  const receiving = new Place();
  try {
    const { pull, head, lines, model } = stageChange(github, recorded);
    const cloud = {
      queue: { kind: 'tasks', name: QUEUE, caller: 'hooks@example.iam.gserviceaccount.com' },
      store: { bucket: BUCKET },
    } as const;
    const worker = await place.start(github, realReview(model), ({ receive: _, ...rest }) => ({
      ...rest,
      ...cloud,
    }));
    const receiver = await receiving.start(
      github,
      realReview(model),
      ({ work: _, ...rest }) => ({ ...rest, ...cloud }),
      worker.url,
    );
    await deliver(receiver.url, pullRequestWebhook('opened', pull), signed);
    const branch = `fleet-review/7/${head.slice(0, 12)}`;
    expect(await Promise.all([...google.tasks.values()].map((task) => google.dispatch(task)))).toEqual([200]);
    expect(standing(pull)).toEqual(lines.map(({ path, side, line }) => [path, side, line]).toSorted());
    const commit = github.repository.git('rev-parse', branch);
    github.runs.set(commit, [{ name: 'ci', status: 'completed', conclusion: 'success' }]);
    await deliver(receiver.url, checkSuiteWebhook(commit, branch, 1), signed);
    const [, checks] = google.tasks.values();
    if (checks === undefined) throw new Error('no task for the checks');
    expect(await google.dispatch(checks)).toBe(200);
    expect(pull.comments[0]?.body).toContain('passed with them: recommended');
  } finally {
    await receiving.remove();
    await google.stop();
    vi.unstubAllEnvs();
  }
});
