import { randomUUID } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Outcome } from '../../../review/outcome.ts';
import { GithubApi } from '../../support/github/api.ts';
import { checkSuiteWebhook, deliver, pullRequestWebhook } from '../../support/github/webhooks.ts';
import { Place, REVIEWED, SECRET } from './support.ts';

const HEAD = 'a'.repeat(40);
const NEXT = 'b'.repeat(40);
const TESTS = { branch: 'fleet-review/7/aaaa', commit: 'c'.repeat(40) };
const pull = (head = HEAD, change = {}) => ({ number: 7, head, draft: false, open: true, ...change });
const opened = () => pullRequestWebhook('opened', pull());
const signed = { secret: SECRET };

let github: GithubApi;
let place: Place;

beforeAll(async () => {
  github = await new GithubApi().start();
});

beforeEach(() => {
  place = new Place();
});

afterEach(() => place.remove());

afterAll(async () => {
  await github.stop();
  expect(github.problems).toEqual([]);
});

/** A pipeline that does what it is told and keeps what it was asked. */
function scripted(review: (commit: string, signal: AbortSignal) => Promise<Outcome> = async () => REVIEWED) {
  const reviewed: string[] = [];
  const read: string[] = [];
  return {
    ...{ reviewed, read },
    model: () => ({ answer: () => Promise.reject(new Error('no model')) }),
    async review({ headCommit }: { headCommit: string }, { signal }: { signal: AbortSignal }) {
      reviewed.push(headCommit);
      return review(headCommit, signal);
    },
    async readTests({ headCommit }: { headCommit: string }) {
      read.push(headCommit);
      return { state: 'recommended' as const, ...TESTS };
    },
  };
}

const until = (expectation: () => void | Promise<void>) =>
  vi.waitFor(expectation, { timeout: 10_000, interval: 10 });

describe('a webhook', () => {
  test('is answered at once and worked on afterwards', async () => {
    let finish = () => {};
    const end = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const pipeline = scripted(async () => {
      await end;
      return REVIEWED;
    });
    const { url, metric } = await place.start(github, pipeline);
    const answer = await deliver(url, opened(), signed);
    expect([answer.status, await answer.json()]).toMatchObject([202, { result: 'queued' }]);
    await until(() => expect(pipeline.reviewed).toEqual([HEAD]));
    expect(await metric('oss_pr_review_running')).toBe(1);
    finish();
    await until(async () => expect(await metric('oss_pr_review_cost_usd')).toBe(0.25));
    expect(await metric('oss_pr_review_findings_total{result="published"}')).toBe(2);
  });

  test.each([
    ['without a signature', { signature: null }],
    ['with a signature by another secret', { secret: 'another' }],
    ["with another body's signature", { body: '{"action":"opened"}', signature: `sha256=${'0'.repeat(64)}` }],
    ['with a signature that is none', { signature: 'sha256=' }],
    ['with SHA-1 alone', { signature: `sha1=${'0'.repeat(40)}` }],
    ['without a body', { body: '' }],
  ])('%s is forged', async (_what, how) => {
    const pipeline = scripted();
    const { url, metric } = await place.start(github, pipeline);
    expect((await deliver(url, opened(), { ...signed, ...how })).status).toBe(401);
    expect(await metric('oss_pr_review_webhooks_total{result="forged"}')).toBe(1);
    expect(readdirSync(place.folder)).not.toContain('store');
  });

  test('is not parsed before its signature is right', async () => {
    const { url } = await place.start(github, scripted());
    const broken = { body: '{"__proto__"', signature: `sha256=${'0'.repeat(64)}` };
    expect((await deliver(url, opened(), { ...signed, ...broken })).status).toBe(401);
    expect((await deliver(url, opened(), { ...signed, body: '{"__proto__"' })).status).toBe(400);
    expect((await deliver(url, opened(), { ...signed, body: '{"action":"opened"}' })).status).toBe(400);
  });

  test.each([
    ['closed', () => pullRequestWebhook('closed', pull(HEAD, { open: false }))],
    ['of strangers who have installed the app', () => pullRequestWebhook('opened', pull(), 'mallory')],
    ['of the default branch', () => checkSuiteWebhook(HEAD, 'main', 1)],
    ['of another event', () => ({ event: 'star', payload: { action: 'created' } })],
  ])('%s asks for nothing', async (_what, webhook) => {
    const pipeline = scripted();
    const { url, metric } = await place.start(github, pipeline);
    expect((await deliver(url, webhook(), signed)).status).toBe(202);
    expect(await metric('oss_pr_review_webhooks_total{result="ignored"}')).toBe(1);
    expect(pipeline.reviewed).toEqual([]);
  });

  test('beyond the pace is refused', async () => {
    const { url } = await place.start(github, scripted(), (config) => ({
      ...config,
      receive: config.receive && { ...config.receive, requestsPerMinute: 8 },
    }));
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await deliver(url, opened(), signed)).status);
    expect(statuses).toEqual([202, 202, 429]);
  });
});

test('what can be counted is there from the start, and which configuration is in use', async () => {
  const { reviewer, metric, folder } = await place.start(github, scripted());
  for (const series of [
    'oss_pr_review_jobs_total{kind="review",result="given up"}',
    'oss_pr_review_jobs_total{kind="checks",result="failed"}',
    'oss_pr_review_job_seconds_count{kind="review"}',
    'oss_pr_review_findings_total{result="published"}',
    'fleet_config_refused',
  ])
    expect(await metric(series), series).toBe(0);
  const status = (await (await fetch(`http://${reviewer.adminAddress}/status`)).json()) as {
    version: string;
  };
  expect(await metric(`fleet_config_info{version="${status.version}"}`)).toBe(1);
  writeFileSync(join(folder, 'reviewer.json'), '{}');
  await reviewer.reload();
  expect(await metric('fleet_config_refused')).toBe(1);
});

describe('one commit is reviewed once', () => {
  test('redelivered, duplicated at the same moment, and by another action', async () => {
    const pipeline = scripted();
    const { url, metric } = await place.start(github, pipeline);
    const delivery = randomUUID();
    const twice = await Promise.all([1, 2].map(() => deliver(url, opened(), { ...signed, delivery })));
    const results = await Promise.all(
      twice.map(async (answer) => ((await answer.json()) as { result: string }).result),
    );
    expect(results.toSorted()).toEqual(['known', 'queued']);
    await until(async () =>
      expect(await metric('oss_pr_review_jobs_total{kind="review",result="reviewed"}')).toBe(1),
    );
    await deliver(url, opened(), { ...signed, delivery });
    await deliver(url, pullRequestWebhook('reopened', pull()), signed);
    expect(await metric('oss_pr_review_webhooks_total{result="known"}')).toBe(3);
    expect(pipeline.reviewed).toEqual([HEAD]);
  });

  test('each of two commits, in whatever order they come, and one at a time', async () => {
    let atOnce = 0;
    const pipeline = scripted(async (commit) => {
      atOnce += 1;
      expect(atOnce).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      return commit === HEAD ? { state: 'superseded', by: NEXT, costUsd: 0 } : REVIEWED;
    });
    const { url, metric } = await place.start(github, pipeline);
    await deliver(url, pullRequestWebhook('synchronize', pull(NEXT)), signed);
    await deliver(url, opened(), signed);
    await until(async () =>
      expect(await metric('oss_pr_review_jobs_total{kind="review",result="superseded"}')).toBe(1),
    );
    await until(() => expect(pipeline.reviewed.toSorted()).toEqual([HEAD, NEXT]));
  });

  test('again when a draft becomes ready: the settings may want no drafts', async () => {
    const skipped: Outcome = { state: 'skipped', why: 'draft', costUsd: 0 };
    const outcomes = [skipped, REVIEWED];
    const pipeline = scripted(async () => outcomes.shift() ?? skipped);
    const { url, metric } = await place.start(github, pipeline);
    await deliver(url, pullRequestWebhook('opened', pull(HEAD, { draft: true })), signed);
    await until(async () =>
      expect(await metric('oss_pr_review_jobs_total{kind="review",result="skipped"}')).toBe(1),
    );
    await deliver(url, pullRequestWebhook('ready-for-review', pull()), signed);
    await until(async () =>
      expect(await metric('oss_pr_review_jobs_total{kind="review",result="reviewed"}')).toBe(1),
    );
  });
});

test('what is done and what waits outlives the program', async () => {
  const hangs = scripted(
    (_commit, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  );
  const first = await place.start(github, hangs, (config) => ({ ...config, drainSeconds: 0 }));
  await deliver(first.url, opened(), signed);
  await until(() => expect(hangs.reviewed).toEqual([HEAD]));
  await first.reviewer.stop();
  expect(readdirSync(join(place.folder, 'store/queue'))).toHaveLength(1);

  const pipeline = scripted();
  const second = await place.start(github, pipeline);
  await until(() => expect(pipeline.reviewed).toEqual([HEAD]));
  await until(() => expect(readdirSync(join(place.folder, 'store/queue'))).toEqual([]));
  expect(((await (await deliver(second.url, opened(), signed)).json()) as { result: string }).result).toBe(
    'known',
  );
});

test('reviews that are under way end before the program does', async () => {
  let finish = () => {};
  const pipeline = scripted(async () => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return REVIEWED;
  });
  const { url, reviewer } = await place.start(github, pipeline);
  await deliver(url, opened(), signed);
  await until(() => expect(pipeline.reviewed).toEqual([HEAD]));
  const stopped = reviewer.stop();
  await until(async () => expect((await fetch(`http://${reviewer.adminAddress}/ready`)).status).toBe(503));
  await expect(deliver(url, opened(), signed)).rejects.toThrow();
  finish();
  await stopped;
  expect(readdirSync(join(place.folder, 'store/queue'))).toEqual([]);
  expect(readdirSync(join(place.folder, 'store/done'))).toHaveLength(1);
});

test('a repository gets so many reviews in an hour and no more', async () => {
  const pipeline = scripted();
  const { url, metric } = await place.start(github, pipeline, (config) => ({
    ...config,
    work: config.work && { ...config.work, reviewsPerHour: 1 },
  }));
  await deliver(url, opened(), signed);
  await until(() => expect(pipeline.reviewed).toEqual([HEAD]));
  await deliver(url, pullRequestWebhook('synchronize', pull(NEXT)), signed);
  await until(async () =>
    expect(await metric('oss_pr_review_jobs_total{kind="review",result="limited"}')).toBe(1),
  );
  expect(pipeline.reviewed).toEqual([HEAD]);
});

test('checks are read where they are of tests that a review has offered', async () => {
  const pipeline = scripted(async () => ({ ...REVIEWED, tests: TESTS }));
  const { url, metric } = await place.start(github, pipeline);
  await deliver(url, opened(), signed);
  await until(async () =>
    expect(await metric('oss_pr_review_jobs_total{kind="review",result="reviewed"}')).toBe(1),
  );
  await deliver(url, checkSuiteWebhook(NEXT, 'feature', 1), signed);
  await deliver(url, checkSuiteWebhook(TESTS.commit, TESTS.branch, 2), signed);
  await until(async () =>
    expect(await metric('oss_pr_review_jobs_total{kind="checks",result="recommended"}')).toBe(1),
  );
  expect(pipeline.read).toEqual([HEAD]);
});

test('logs hold names and numbers, and neither texts nor keys', async () => {
  const pipeline = scripted(() =>
    Promise.reject(Object.assign(new Error('quotes the code'), { status: 502 })),
  );
  const { url, log } = await place.start(github, pipeline);
  await deliver(url, opened(), signed);
  await until(() => expect(log.map(({ event }) => event)).toContain('job'));
  const text = JSON.stringify(log);
  expect(text).toContain('Error 502');
  expect(text).not.toMatch(/quotes|webhook-secret|gateway-key|PRIVATE|Update the README/);
});
