import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LedgerLine } from '../../contracts/ledger.ts';
import { releasesOf, serversOf } from '../../contracts/release.ts';
import { LocalProject } from '../support/local-project.ts';
import { CUT, FAIL, type Seen, send } from './bills-traffic.ts';

const REQUESTS = 10_000;
/** Pico-dollars per token: input, cached input, output. Written down here apart from the environment file. */
const PRICES: Readonly<Record<string, readonly [bigint, bigint, bigint]>> = {
  'gpt-oss-120b v32': [150_000n, 37_500n, 600_000n],
  'gpt-oss-120b v33': [150_000n, 150_000n, 600_000n],
  'gpt-oss-120b public': [200_000n, 100_000n, 700_000n],
  'gpt-oss-20b v32': [50_000n, 50_000n, 200_000n],
  'gpt-oss-7b public': [10_000n, 10_000n, 50_000n],
};

/** What an upstream wrote down about one request. */
interface Served {
  readonly id: string;
  readonly outcome: 'completed' | 'aborted' | 'failed' | 'rejected';
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly model: string;
  /** `model release` of the server that served it. */
  release: string;
}

let project: LocalProject;
let dispatcher: Agent;
let seen: Map<Seen, number>;
let ledger: LedgerLine[];
let served: Served[];

beforeAll(async () => {
  project = await LocalProject.create();
  project.edit((text) =>
    text
      .replace('weight: 80', 'weight: 80\n        price: { input: 0.15, cachedInput: 0.0375, output: 0.6 }')
      .replace('price: { input: 0.15, output: 0.6 }', 'price: { input: 0.2, cachedInput: 0.1, output: 0.7 }')
      .replace('threshold: 32000', 'threshold: 1200, target: 60, tail: 200, step: 300')
      .replace('weight: 5\n', 'weight: 25\n')
      .replace('weight: 80\n', 'weight: 60\n'),
  );
  const { code, stderr } = await project.fleet('up');
  if (code !== 0) throw new Error(stderr);
  dispatcher = new Agent({
    connect: { ca: readFileSync(join(project.folder, '.fleet/local/secrets/public.pem')) },
  });
  const failures = [
    { when: { contains: CUT }, do: 'cut', afterTokens: 3 },
    { when: { contains: FAIL }, do: 'status', status: 500 },
  ];
  for (const { origin } of upstreams())
    await request(`${origin}/simulator/options`, {
      method: 'PUT',
      dispatcher,
      body: JSON.stringify({ decodeTokensPerSecond: 1_000, failures }),
    });
  const half = { baseUrl: project.baseUrl, total: REQUESTS / 2, width: 32 };
  const before = await send({ ...half, seed: 1 });
  // One of two servers goes: what would have been its requests fails over.
  const [gone, ...stay] = upstreams();
  const lost = gone === undefined ? [] : await recordsOf(gone);
  process.kill(project.pid('vllm-gpt-oss-120b-v32-1-1'), 'SIGKILL');
  const after = await send({ ...half, seed: 2 });
  seen = new Map(
    [...before.keys(), ...after.keys()].map((key) => [key, (before.get(key) ?? 0) + (after.get(key) ?? 0)]),
  );
  served = [...lost, ...(await Promise.all(stay.map(recordsOf))).flat()];
  ledger = await settledLedger();
}, 900_000);

afterAll(async () => {
  await dispatcher?.close();
  await project?.remove();
}, 60_000);

/** Servers and endpoint with the releases that they serve. */
function upstreams(): { readonly origin: string; readonly release?: string }[] {
  const { environment } = project;
  const servers = releasesOf(environment).flatMap((release) =>
    serversOf(release, true).map(({ port }) => ({
      origin: `http://127.0.0.1:${port}`,
      release: `${release.model} ${release.name}`,
    })),
  );
  return [...servers, { origin: new URL(environment.endpoints.public?.url ?? '').origin }];
}

async function recordsOf({ origin, release }: { origin: string; release?: string }): Promise<Served[]> {
  const { body } = await request(`${origin}/simulator/requests`, { dispatcher });
  const records = (await body.json()) as Served[];
  return records.map((record) => ({ ...record, release: release ?? `${publicModel(record.model)} public` }));
}

function publicModel(id: string): string {
  return id.split('/').at(-1) ?? id;
}

/** The ledger once it has a line for every request that a client sent. */
async function settledLedger(): Promise<LedgerLine[]> {
  const path = join(project.folder, '.fleet/local/ledger/ledger.jsonl');
  const end = performance.now() + 5_000;
  for (;;) {
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    const parsed = lines.map((line) => LedgerLine.parse(JSON.parse(line)));
    if (parsed.filter(({ summaryOf }) => summaryOf === null).length >= REQUESTS + SMOKE_TESTS) return parsed;
    if (performance.now() > end) return parsed;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** `fleet up` asks every model once. */
const SMOKE_TESTS = 3;

function amountOf({ release, promptTokens, cachedTokens, completionTokens }: Served): bigint {
  const [input, cached, output] = PRICES[release] ?? [0n, 0n, 0n];
  return (
    BigInt(promptTokens - cachedTokens) * input +
    BigInt(cachedTokens) * cached +
    BigInt(completionTokens) * output
  );
}

const isComplete = ({ status, aborted, cut }: LedgerLine) => status === 200 && aborted === null && !cut;
const sum = (amounts: Iterable<bigint>) => [...amounts].reduce((total, amount) => total + amount, 0n);
const total = (lines: readonly LedgerLine[]) => sum(lines.map(({ amount }) => BigInt(amount?.total ?? 0)));

test('all kinds of requests were among them', () => {
  const lines = ledger.filter(({ summaryOf }) => summaryOf === null).length;
  expect(lines).toBeLessThanOrEqual(REQUESTS + SMOKE_TESTS);
  expect(lines).toBeGreaterThanOrEqual(REQUESTS + SMOKE_TESTS - (seen.get('left') ?? 0));
  for (const [kind, least] of [
    ['completed', 9_000],
    ['left', 100],
    ['broken', 20],
    ['refused', 50],
  ] as const)
    expect(seen.get(kind), kind).toBeGreaterThan(least);
  expect(ledger.filter((line) => line.summaryOf !== null && isComplete(line)).length).toBeGreaterThan(20);
  for (const release of Object.keys(PRICES))
    for (const stream of [true, false])
      expect(
        ledger.filter((line) => `${line.model} ${line.release}` === release && line.stream === stream).length,
        `${release} ${stream}`,
      ).toBeGreaterThan(100);
  expect(ledger.filter(({ cachedTokens }) => (cachedTokens ?? 0) > 0).length).toBeGreaterThan(1_000);
});

test('every completed request costs what its upstream wrote down, to the pico-dollar', () => {
  const byId = new Map(
    served.filter(({ outcome }) => outcome === 'completed').map((record) => [record.id, record]),
  );
  const complete = ledger.filter(isComplete);
  const mismatches = complete.filter(({ id, model, release, amount, estimated }) => {
    const record = byId.get(id);
    if (record === undefined || estimated) return true;
    return record.release !== `${model} ${release}` || amountOf(record) !== BigInt(amount?.total ?? -1);
  });
  expect(complete.length).toBeGreaterThan(9_000);
  expect(mismatches.slice(0, 5)).toEqual([]);
});

test('nothing was generated twice', () => {
  const ids = served.filter(({ completionTokens }) => completionTokens > 0).map(({ id }) => id);
  expect(ids).toHaveLength(new Set(ids).size);
});

test('clients that left are marked: own releases by what was streamed, public ones by an estimate', () => {
  const left = ledger.filter(({ aborted }) => aborted !== null);
  expect(left.length).toBeGreaterThan(100);
  const streamed = left.filter(({ aborted, path }) => aborted === 'stream' && path !== '/v1/responses');
  const own = streamed.filter(({ kind }) => kind === 'nodes');
  const open = streamed.filter(({ kind }) => kind === 'endpoint');
  expect(own.length).toBeGreaterThan(20);
  expect(open.length).toBeGreaterThan(5);
  expect(own.filter(({ estimated }) => estimated)).toEqual([]);
  expect(open.filter(({ estimated }) => !estimated)).toEqual([]);
  const byId = new Map(served.map((record) => [record.id, record]));
  for (const { id, promptTokens } of own) expect(promptTokens).toBe(byId.get(id)?.promptTokens);
});

test('the sum of the ledger is within 1 % of what all upstreams generated', () => {
  const generated = sum(served.filter(({ outcome }) => outcome !== 'rejected').map(amountOf));
  const off = Number(total(ledger) - generated) / Number(generated);
  expect(Math.abs(off), `off by ${(off * 100).toFixed(3)} %`).toBeLessThan(0.01);
});

test('ledger, metric and fleet cost agree', async () => {
  const cost = await project.fleet('cost', 'local', '--by', 'release', '--json');
  const { rows, total: all } = JSON.parse(cost.stdout) as {
    rows: { group: string; usd: string }[];
    total: { usd: string };
  };
  expect(picoDollars(all.usd)).toBe(total(ledger));
  const metrics = await (
    await fetch(`http://127.0.0.1:${project.environment.gateway.adminPort}/metrics`)
  ).text();
  for (const { group, usd } of rows) {
    const lines = ledger.filter(({ model, release }) => `${model} ${release}` === group);
    expect(picoDollars(usd), group).toBe(total(lines));
    const [model, release] = group.split(' ');
    const counted = [...metrics.matchAll(/^oss_token_cost_usd\{(.*)\} (\S+)$/gm)].filter(
      ([, labels]) => labels?.includes(`model="${model}"`) && labels.includes(`release="${release}"`),
    );
    const dollars = counted.reduce((part, [, , value]) => part + Number(value), 0);
    expect(dollars, group).toBeCloseTo(Number(usd), 9);
  }
});

function picoDollars(usd: string): bigint {
  const [whole = '0', decimals = ''] = usd.split('.');
  return BigInt(whole) * 10n ** 12n + BigInt(decimals.padEnd(12, '0'));
}
