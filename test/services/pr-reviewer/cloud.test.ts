import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Outcome } from '../../../review/outcome.ts';
import { createAskGoogle } from '../../../services/common/google.ts';
import { systemRuntime } from '../../../services/common/runtime.ts';
import { bucketStore } from '../../../services/pr-reviewer/store/bucket-store.ts';
import { storeJournal } from '../../../services/pr-reviewer/store/journal.ts';
import { sharedLeases } from '../../../services/pr-reviewer/store/leases.ts';
import { GithubApi } from '../../support/github/api.ts';
import { deliver, pullRequestWebhook } from '../../support/github/webhooks.ts';
import { BUCKET, GoogleReviews, QUEUE } from '../../support/google-reviews.ts';
import { type Change, Place, REVIEWED, SECRET } from './support.ts';

const HEAD = 'a'.repeat(40);
const CALLER = 'hooks@example.iam.gserviceaccount.com';
const signed = { secret: SECRET };
const opened = (head = HEAD) => pullRequestWebhook('opened', { number: 7, head, draft: false, open: true });

let github: GithubApi;
let google: GoogleReviews;
let places: Place[];

beforeAll(async () => {
  github = await new GithubApi().start();
});

beforeEach(async () => {
  google = await new GoogleReviews().start();
  for (const [name, value] of Object.entries(google.env)) vi.stubEnv(name, value);
  places = [];
});

afterEach(async () => {
  google.hangs = false;
  await Promise.all(places.map((place) => place.remove()));
  await google.stop();
  vi.unstubAllEnvs();
});

afterAll(() => github.stop());

function start(
  does: 'receive' | 'work',
  review: () => Promise<Outcome> = async () => REVIEWED,
  worker?: string,
) {
  const place = new Place();
  places.push(place);
  const change: Change = ({ receive, work, ...config }) => ({
    ...config,
    ...(does === 'receive' ? { receive } : { work }),
    queue: { kind: 'tasks', name: QUEUE, caller: CALLER },
    store: { bucket: BUCKET },
  });
  const pipeline = {
    review,
    readTests: async () => ({ state: 'waiting' as const }),
    model: () => ({ answer: () => Promise.reject(new Error('no model')) }),
  };
  return place.start(github, pipeline, change, worker);
}

test('a webhook becomes one task, whichever program takes it and however often it comes', async () => {
  const worker = await start('work');
  const receivers = [
    await start('receive', undefined, worker.url),
    await start('receive', undefined, worker.url),
  ];
  const answers = [];
  for (const { url } of [...receivers, ...receivers]) answers.push(await deliver(url, opened(), signed));
  const results = await Promise.all(
    answers.map(async (answer) => ((await answer.json()) as { result: string }).result),
  );
  expect(results).toEqual(['queued', 'known', 'known', 'known']);
  const [task, ...more] = google.tasks.values();
  expect(more).toEqual([]);
  expect(task?.httpRequest).toMatchObject({
    url: `${worker.url}/work`,
    oidcToken: { serviceAccountEmail: CALLER, audience: worker.url },
  });
});

test('two programs that are given one job review it once; the other one is told to come again', async () => {
  let finish = () => {};
  const slow = vi.fn(async () => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return REVIEWED;
  });
  const first = await start('work', slow);
  const other = vi.fn(async () => REVIEWED);
  const second = await start('work', other);
  const receiver = await start('receive', undefined, first.url);
  await deliver(receiver.url, opened(), signed);
  const [task] = google.tasks.values();
  if (task === undefined) throw new Error('no task');
  const again = { ...task, httpRequest: { ...task.httpRequest, url: `${second.url}/work` } };
  const running = google.dispatch(task);
  await vi.waitFor(() => expect(slow).toHaveBeenCalled(), { timeout: 10_000 });
  expect(await google.dispatch(again)).toBe(429);
  finish();
  expect(await running).toBe(200);
  expect(await google.dispatch(again)).toBe(200);
  expect([slow.mock.calls.length, other.mock.calls.length]).toEqual([1, 0]);
});

test('a job that fails is brought again, and one that is no job is refused', async () => {
  const review = vi.fn<() => Promise<Outcome>>(async () => REVIEWED);
  review.mockRejectedValueOnce(new Error('the gateway is away'));
  const worker = await start('work', review);
  const receiver = await start('receive', undefined, worker.url);
  await deliver(receiver.url, opened(), signed);
  const [task] = google.tasks.values();
  if (task === undefined) throw new Error('no task');
  expect([await google.dispatch(task), await google.dispatch(task), await google.dispatch(task)]).toEqual([
    ...[500, 200, 200],
  ]);
  expect(review).toHaveBeenCalledTimes(2);
  const bad = await fetch(`${worker.url}/work`, { method: 'POST', body: '{"kind":"review"}' });
  expect(bad.status).toBe(400);
});

test('a queue that does not answer is no reason to keep GitHub waiting for its ten seconds', async () => {
  const receiver = await start('receive', undefined, 'http://127.0.0.1:1');
  google.hangs = true;
  const began = performance.now();
  expect((await deliver(receiver.url, opened(), signed)).status).toBe(503);
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(await receiver.metric('oss_pr_review_webhooks_total{result="unavailable"}')).toBe(1);
});

test('steps of a review are kept in order, each once, also when two programs write', async () => {
  const journals = [1, 2].map(() => storeJournal(bucketStore(createAskGoogle(), BUCKET)));
  await journals[0]?.append('job', { step: 'begin', value: 1 });
  await Promise.all(
    journals.map((journal, index) => journal.append('job', { step: 'review/0', value: index })),
  );
  await journals[1]?.append('job', { step: 'begin', value: 2 });
  await journals[1]?.append('job', { step: 'publish', value: true });
  const steps = (await journals[0]?.read('job')) ?? [];
  expect(steps.map(({ step }) => step)).toEqual(['begin', 'review/0', 'publish']);
  expect(steps[0]?.value).toBe(1);
});

test('the lease of a program that died is free after a minute', async () => {
  let now = 1_000_000;
  const runtime = { ...systemRuntime, date: () => new Date(now), after: () => () => {} };
  const take = () => sharedLeases(bucketStore(createAskGoogle(), BUCKET), runtime).take('pull');
  const dead = await take();
  expect(dead).toBeDefined();
  expect(await take()).toBeUndefined();
  now += 61_000;
  const next = await take();
  expect(next).toBeDefined();
  await dead?.release();
  expect(await take()).toBeUndefined();
  await next?.release();
  expect(await take()).toBeDefined();
});
