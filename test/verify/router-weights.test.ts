import { loadavg } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { weightedReleases } from '../../contracts/release.ts';
import { routingKey } from '../../contracts/routing-key.ts';
import { predictRelease, splitOf } from '../../contracts/split.ts';
import { eventually } from '../services/gateway/support/eventually.ts';
import { type Running, start as startSimulator } from '../services/vllm-simulator/support.ts';
import { type ReleasesChain, type Sketch, startReleasesChain } from '../support/releases-chain.ts';
import { environmentOf } from '../workloads/router-support.ts';

const MODEL = 'gpt-oss-120b';
const CHANGES = 100;
/** Percent of the canary, in turns. */
const [FEW, MANY] = [10, 85];
const STREAMS = 200;
const REQUESTS_PER_SECOND = 50;
/** From a reload, all requests that begin later go by the new weights. */
const BOUND_MS = 300;
/** Requests after the bound that are looked at before the next change. */
const LATE_ENOUGH = 5;
const simulation = { prefillTokensPerSecond: 1e9, decodeTokensPerSecond: 2 };
/** Streams take from 5 to 10 seconds, so that they do not all end at once. */
const tokensOf = (conversation: string) => 10 + ((conversation.charCodeAt(7) * 7) % 10);

const weights = (canary: number): Sketch => ({
  [MODEL]: {
    v32: { weight: 95 - canary, role: 'stable' },
    v33: { weight: canary, role: 'canary' },
    lab: { weight: 5, url: 'http://127.0.0.1:1' },
  },
});

/** Where a conversation goes at these weights. */
function predictionAt(canary: number): (conversation: string) => string | undefined {
  const split = splitOf(weightedReleases(environmentOf(weights(canary)), MODEL));
  return (conversation) =>
    predictRelease(split, 'rollout-1', routingKey('team-a', { conversation, model: MODEL, body: {} }));
}

interface Asked {
  readonly conversation: string;
  readonly at: number;
  readonly status: number;
  readonly release: string | null;
  /** Of an answer other than 200. */
  readonly error?: string;
}

async function ask({ gateway }: ReleasesChain, conversation: string): Promise<Asked> {
  const at = performance.now();
  const body = { model: MODEL, max_tokens: 1, messages: [{ role: 'user', content: 'hello' }] };
  const response = await gateway.post('/v1/chat/completions', body, { 'x-fleet-conversation': conversation });
  const text = await response.text();
  const { status, headers } = response;
  const release = headers.get('x-fleet-release');
  return { conversation, at, status, release, error: status === 200 ? undefined : text };
}

const WHOLE = 'whole';

/** Reads a stream to its end: `WHOLE`, or the code of the error that it ended with. */
async function stream({ gateway }: ReleasesChain, conversation: string): Promise<string> {
  const messages = [{ role: 'user', content: 'hello' }];
  const body = { model: MODEL, stream: true, max_tokens: tokensOf(conversation), messages };
  const response = await gateway.post('/v1/chat/completions', body, { 'x-fleet-conversation': conversation });
  const text = await response.text();
  if (response.status === 200 && text.endsWith('data: [DONE]\n\n')) return WHOLE;
  return `${response.status} ${/"code":"(\w+)"/.exec(text)?.[1]}`;
}

/** Asks the given number of times a second, whatever becomes of the answers. */
function steadily(chain: ReleasesChain): { readonly asked: readonly Asked[]; stop(): Promise<void> } {
  const asked: Asked[] = [];
  const running = new Set<Promise<void>>();
  let count = 0;
  const timer = setInterval(() => {
    count += 1;
    const one = ask(chain, `request-${count}`).then((answer) => {
      asked.push(answer);
      running.delete(one);
    });
    running.add(one);
  }, 1000 / REQUESTS_PER_SECOND);
  onTestFinished(() => clearInterval(timer));
  return {
    asked,
    async stop() {
      clearInterval(timer);
      await Promise.all(running);
    },
  };
}

/** Keeps that many streams open: each that ends is followed by another. */
function keepOpen(chain: ReleasesChain): { stop(): Promise<readonly string[]> } {
  const ends: string[] = [];
  let open = true;
  const lanes = Array.from({ length: STREAMS }, async (_, lane) => {
    for (let turn = 0; open; turn += 1) ends.push(await stream(chain, `stream-${lane}-${turn}`));
  });
  return {
    async stop() {
      open = false;
      await Promise.all(lanes);
      return ends;
    },
  };
}

function duplicates(servers: readonly Running[]): number {
  const ids = servers.flatMap(({ records }) => records.map(({ id }) => id));
  return ids.length - new Set(ids).size;
}

/** When a document was put in place, and its version. */
interface Change {
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Of each change: how long after it the router took the last request that went by what held before, in milliseconds; in
 * order of size.
 */
function delays({ router }: ReleasesChain, changes: readonly Change[]): number[] {
  const last = new Map(changes.map((change) => [change, 0]));
  for (const { time, seconds, version } of router.log()) {
    const began = (Number(time) - Number(seconds)) * 1000;
    const change = changes.findLast(({ at }) => at <= began);
    if (change === undefined || change.version === version) continue;
    last.set(change, Math.max(last.get(change) ?? 0, began - change.at));
  }
  return [...last.values()].sort((a, b) => a - b);
}

test(`${CHANGES} weight changes under ${STREAMS} open streams and a steady flow of requests`, async () => {
  const [stable, canary, lab] = [
    await startSimulator({ simulation }),
    await startSimulator({ simulation }),
    await startSimulator({ simulation }),
  ] as const;
  const servers = [stable, canary, lab];
  const at = ({ port }: Running) => [{ address: '127.0.0.1', port }];
  const chain = await startReleasesChain(weights(FEW), {
    [`${MODEL}_v32`]: at(stable),
    [`${MODEL}_v33`]: at(canary),
    [`${MODEL}_lab`]: at(lab),
  });
  const predictions = [predictionAt(FEW), predictionAt(MANY)];
  const streams = keepOpen(chain);
  await eventually(async () => {
    const { text } = await chain.gateway.metrics();
    expect(Number(/^oss_requests_in_flight\{.*\} (\d+)$/m.exec(text)?.[1])).toBe(STREAMS);
  });
  const flow = steadily(chain);

  const changes: Change[] = [];
  for (let change = 1; change <= CHANGES; change += 1) {
    const from = performance.now() + BOUND_MS;
    const changedAt = Date.now();
    changes.push({ version: chain.change(weights(change % 2 === 1 ? MANY : FEW)), at: changedAt });
    await eventually(() =>
      expect(flow.asked.filter(({ at: time }) => time > from).length).toBeGreaterThan(LATE_ENOUGH),
    );
  }
  await flow.stop();
  const ends = await streams.stop();

  const retries = (await chain.gateway.metrics()).text.match(/^oss_retries_total\{.*\} [1-9]\d*$/gm) ?? [];
  const after = delays(chain, changes);
  const [median = Number.NaN, most = Number.NaN] = [after[CHANGES / 2], after.at(-1)];
  console.info(
    `${CHANGES} changes, ${ends.length} streams, ${flow.asked.length} requests; the last one by the weights before came ` +
      `${median.toFixed(0)} ms after the reload (median), ${most.toFixed(0)} ms (most); ` +
      `sent again: ${retries.join(', ') || 'none'}; load average ${loadavg()[0]?.toFixed(1)}`,
  );
  expect(ends.length).toBeGreaterThan(2 * STREAMS);
  expect(ends.filter((end) => end !== WHOLE)).toEqual([]);
  expect(flow.asked.filter(({ status }) => status !== 200)).toEqual([]);
  for (const { conversation, release } of flow.asked)
    expect(predictions.map((predict) => predict(conversation))).toContain(release);
  expect(duplicates(servers)).toBe(0);
  const served = servers.reduce((sum, { records }) => sum + records.length, 0);
  expect(served).toBe(ends.length + flow.asked.length);
  expect(most).toBeLessThan(BOUND_MS);
}, 400_000);
