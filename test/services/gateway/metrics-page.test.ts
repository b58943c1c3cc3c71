import { describe, expect, test } from 'vitest';
import { redisServer } from '../../support/redis.ts';
import { chat } from './support/answers.ts';
import { CHAT, edge, hello } from './support/edge.ts';
import { eventually } from './support/eventually.ts';
import { fakeUpstream } from './support/fake-upstream.ts';
import { edgeConfig, egressConfig, type Metrics, start } from './support/start.ts';

interface Family {
  readonly type: string;
  readonly help: string;
  readonly samples: Map<string, number>;
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const SAMPLE = new RegExp(`^(${NAME})((?:\\{${LABEL}(?:,${LABEL})*\\})?) (\\S+)$`);
const SUFFIXES: Readonly<Record<string, readonly string[]>> = { histogram: ['_bucket', '_sum', '_count'] };

/** A page in the text format 0.0.4. @throws Error for a line that is none of it, or stands where it may not */
function parsePage(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('no line feed at the end');
  const families = new Map<string, Family>();
  let help: [name: string, text: string] | undefined;
  let current: [name: string, family: Family] | undefined;
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') help = [name, rest];
    else if (kind === 'TYPE') {
      if (families.has(name) || help?.[0] !== name) throw new Error(`twice, or without help: ${line}`);
      current = [name, { type: rest, help: help[1], samples: new Map() }];
      families.set(...current);
    } else if (line !== '') {
      const [, sample = '', labels = '', value] = SAMPLE.exec(line) ?? [];
      const allowed = SUFFIXES[current?.[1].type ?? ''] ?? [''];
      if (current === undefined || !allowed.some((suffix) => sample === `${current?.[0]}${suffix}`))
        throw new Error(`not a sample of ${current?.[0]}: ${line}`);
      if (current[1].samples.has(sample + labels)) throw new Error(`twice: ${line}`);
      if (Number.isNaN(Number(value))) throw new Error(`no number: ${line}`);
      current[1].samples.set(sample + labels, Number(value));
    }
  }
  return families;
}

/** Labels that the rules and dashboards know; none of them takes what a client writes. */
const LABELS = ['model', 'release', 'kind', 'code', 'le', 'phase', 'reason', 'outcome', 'source'];
const OTHERS = ['key', 'period', 'use', 'version', 'endpoint', 'group', 'cache'];

const labelsOf = (page: Map<string, Family>) =>
  [...page.values()].flatMap(({ samples }) =>
    [...samples.keys()].flatMap((series) => [...series.matchAll(/([a-z_]+)="/g)].map(([, label]) => label)),
  );

describe('the page of an edge', () => {
  /** What the issue and the rules name, by type. */
  test.each([
    ['oss_token_cost_usd', 'counter'],
    ['oss_first_token_latency', 'histogram'],
    ['oss_inter_token_latency', 'histogram'],
    ['oss_tokens_total', 'counter'],
    ['oss_requests_total', 'counter'],
    ['oss_requests_in_flight', 'gauge'],
    ['oss_aborts_total', 'counter'],
    ['oss_cut_streams_total', 'counter'],
    ['oss_retries_total', 'counter'],
    ['oss_timeouts_total', 'counter'],
    ['oss_sheds_total', 'counter'],
    ['oss_harmony_leaks_total', 'counter'],
    ['oss_limit_refusals_total', 'counter'],
    ['oss_budget_left_usd', 'gauge'],
    ['oss_compression_requests_total', 'counter'],
    ['oss_compression_failures_total', 'counter'],
    ['oss_compression_net_saved_usd', 'gauge'],
    ['fleet_redis_up', 'gauge'],
  ])('has %s, a %s, in the text format 0.0.4, before any traffic', async (name, type) => {
    const family = parsePage(await full()).get(name);
    expect(family?.type).toBe(type);
    expect(family?.samples.size).toBeGreaterThan(0);
    if (!['oss_budget_left_usd', 'fleet_redis_up'].includes(name))
      expect(new Set(family?.samples.values())).toEqual(new Set([0]));
  });

  test('has a series of every status that is usual, so that the first failure is an increase', async () => {
    const { gateway } = await edge();
    const metrics = await gateway.metrics();
    for (const code of [200, 400, 404, 429, 499, 500, 502, 503, 504])
      expect(requests(metrics, code), String(code)).toBe(0);
    expect(metrics.value('oss_aborts_total{phase="compression"}')).toBe(0);
  });

  test('has labels of a fixed list, and no more series after requests than before, whatever they carry', async () => {
    const { gateway } = await edge();
    await gateway.post(CHAT, hello);
    const before = parsePage((await gateway.metrics()).text);
    for (let index = 0; index < 10; index += 1)
      await gateway.post(
        CHAT,
        { ...hello, user: `user-${index}`, metadata: { a: `${index}` } },
        {
          'x-fleet-conversation': `conversation-${index}`,
          'x-request-id': `request-${index}`,
        },
      );
    const after = parsePage((await gateway.metrics()).text);
    expect([...after].map(([name, { samples }]) => [name, samples.size])).toEqual(
      [...before].map(([name, { samples }]) => [name, samples.size]),
    );
    expect(
      [...new Set(labelsOf(after))].filter((label) => ![...LABELS, ...OTHERS].includes(label ?? '')),
    ).toEqual([]);
  });

  test('has buckets that add up', async () => {
    const { gateway } = await edge();
    await (await gateway.post(CHAT, { ...hello, stream: true })).text();
    const { samples } = parsePage((await gateway.metrics()).text).get('oss_first_token_latency') as Family;
    const labels = 'model="gpt-oss-120b",release="v1"';
    const buckets = [...samples].filter(
      ([series]) => series.includes('_bucket') && labels.split(',').every((label) => series.includes(label)),
    );
    const counts = buckets.map(([, count]) => count);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBe(samples.get(`oss_first_token_latency_count{${labels}}`));
  });
});

test('the page of an egress has every endpoint and usual status before any traffic', async () => {
  const upstream = await fakeUpstream(chat(['a']));
  const gateway = await start(egressConfig(upstream.url));
  const page = parsePage((await gateway.metrics()).text);
  for (const code of [200, 429, 499, 502, 503, 504])
    expect(
      page
        .get('fleet_egress_requests_total')
        ?.samples.get(`fleet_egress_requests_total{endpoint="groq",code="${code}"}`),
    ).toBe(0);
  expect(page.get('fleet_egress_circuit_state')?.samples.size).toBeGreaterThan(0);
});

function requests(metrics: Metrics, code: number): number | undefined {
  return metrics.value(`oss_requests_total{model="gpt-oss-120b",release="v1",code="${code}"}`);
}

let page: string | undefined;
/** Of a gateway with all that it can have: compression, budgets, Redis. */
async function full(): Promise<string> {
  if (page !== undefined) return page;
  const redis = await redisServer();
  const router = await fakeUpstream(chat(['a']));
  const config = edgeConfig(router.url, {
    redis: { address: redis.address, tls: false, whenUnavailable: 'serve' },
    limits: { usdPerDay: 5, usdPerMonth: 50 },
  });
  const [model] = Object.values(config.models);
  if (model === undefined || 'alias' in model) throw new Error('the first model has no alias');
  Object.assign(model, {
    compression: {
      model: 'gpt-oss-20b',
      threshold: 32_000,
      target: 200,
      tail: 4_000,
      step: 8_000,
      timeoutSeconds: 5,
    },
  });
  const gateway = await start(config);
  return eventually(async () => {
    const { text } = await gateway.metrics();
    expect(text).toContain('fleet_redis_up{use="limits"} 1');
    page = text;
    return text;
  });
}
