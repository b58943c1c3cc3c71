import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CostResult } from '../../cli/commands/cost.ts';
import { exactDollars, parseSince } from '../../cli/commands/cost.ts';
import type { LedgerLine } from '../../contracts/ledger.ts';
import { chatBody, sendJson } from '../services/gateway/support/answers.ts';
import { CHAT, hello } from '../services/gateway/support/edge.ts';
import { eventually } from '../services/gateway/support/eventually.ts';
import { fakeUpstream } from '../services/gateway/support/fake-upstream.ts';
import { edgeConfig, start } from '../services/gateway/support/start.ts';
import { type LocalEnvironment, openLocalEnvironment } from './local-environment.ts';

const LEDGER = '.fleet/local/ledger/ledger.jsonl';

let local: LocalEnvironment;

beforeEach(async () => {
  local = await openLocalEnvironment();
  const text = local.read('environments/local.yaml');
  local.write(
    'environments/local.yaml',
    text.replace('keys: api-keys }', `keys: api-keys, ledger: { file: ${LEDGER} } }`),
  );
});

afterEach(() => local.close());

/** A line as the gateway writes it: 1000 prompt tokens, 400 of them cached, 200 generated. */
function line(more: Partial<LedgerLine> = {}): string {
  const whole: LedgerLine = {
    ...{ ledger: true, ts: '2026-11-20T12:00:00.000Z', id: 'r', key: 'team-a', model: 'gpt-oss-20b' },
    ...{ release: 'v32', kind: 'nodes', path: CHAT, stream: false, status: 200 },
    summaryOf: null,
    ...{ promptTokens: 1000, cachedTokens: 400, completionTokens: 200 },
    prices: { input: 0.15, cachedInput: 0.05, output: 0.6 },
    amount: { input: 90_000_000, cachedInput: 20_000_000, output: 120_000_000, total: 230_000_000 },
    ...{ aborted: null, cut: false, usageMissing: false, estimated: false },
  };
  return `${JSON.stringify({ ...whole, ...more })}\n`;
}

const UNKNOWN = { promptTokens: null, cachedTokens: null, completionTokens: null, amount: null } as const;

async function cost(...flags: readonly string[]): Promise<CostResult> {
  const { code, stdout, stderr } = await local.fleet(['cost', ...flags, '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
}

const groups = ({ rows }: CostResult) => rows.map(({ group, requests, usd }) => [group, requests, usd]);

describe('sums', () => {
  test('are those of a calculation by hand, rotated files included, oldest first', async () => {
    local.write(`${LEDGER}.2`, line({ cachedTokens: null }));
    local.write(`${LEDGER}.10`, line({ ...UNKNOWN, aborted: 'stream', usageMissing: true }));
    local.write(LEDGER, line() + line());
    local.write(`${LEDGER}.bak`, line());
    const { rows, total, files, brokenLines } = await cost();
    expect(files).toEqual([`${LEDGER}.2`, `${LEDGER}.10`, LEDGER]);
    expect(brokenLines).toBe(0);
    expect(rows).toEqual([{ ...total, group: 'gpt-oss-20b' }]);
    expect(total).toEqual({
      ...{ group: 'total', requests: 4, inputTokens: 2200, cachedInputTokens: 800, outputTokens: 600 },
      ...{ usd: '0.00069', aborted: 1, usageMissing: 1 },
    });
  });

  test.each([
    ['key', ['team-a', 'team-b']],
    ['model', ['gpt-oss-120b', 'gpt-oss-20b']],
    ['release', ['gpt-oss-120b v33', 'gpt-oss-20b v32']],
    ['day', ['2026-11-20', '2026-11-21']],
  ])('by %s', async (by, [first, second]) => {
    const other = { key: 'team-b', model: 'gpt-oss-20b', release: 'v32', ts: '2026-11-21T00:00:00.000Z' };
    const one = { key: 'team-a', model: 'gpt-oss-120b', release: 'v33', ts: '2026-11-20T23:59:59.999Z' };
    local.write(LEDGER, line(other) + line(one) + line(other));
    expect(groups(await cost('--by', by))).toEqual([
      [first, 1, '0.00023'],
      [second, 2, '0.00046'],
    ]);
  });

  test('stay exact beyond what a number can hold', async () => {
    const total = Number.MAX_SAFE_INTEGER;
    const amount = { input: total, cachedInput: 0, output: 0, total };
    local.write(LEDGER, line({ amount }).repeat(3));
    expect((await cost()).total.usd).toBe('27021.597764222973');
  });

  test('--since leaves out what ended before', async () => {
    const at = (ts: string) => line({ ts, key: ts.slice(5, 10) });
    local.write(
      LEDGER,
      at('2026-10-31T23:59:59.999Z') + at('2026-11-01T00:00:00.000Z') + at('2026-11-02T00:00:00.000Z'),
    );
    expect(groups(await cost('--by', 'key', '--since', '2026-11-01')).map(([key]) => key)).toEqual([
      '11-01',
      '11-02',
    ]);
  });

  test('a broken line is counted and reported, and the others are added up', async () => {
    const wrong = line({ amount: { input: 1, cachedInput: 1, output: 1, total: 4 } });
    local.write(LEDGER, `${line()}not json\n{"ledger":true}\n${wrong}${line()}`);
    expect(await cost()).toMatchObject({ brokenLines: 3, total: { requests: 2, usd: '0.00046' } });
    const { code, stdout } = await local.fleet(['cost']);
    expect(code).toBe(0);
    expect(stdout).toContain(`3 broken lines in ${LEDGER}: not in the sums\n`);
  });
});

test('a running gateway’s ledger, its metric and fleet cost agree', async () => {
  const router = await fakeUpstream((received) => {
    const turn = router.requests.length;
    const release = received.json.model === 'gpt-oss-20b' ? 'groq' : 'v1';
    const details = { prompt_tokens_details: { cached_tokens: turn } };
    const body = chatBody('a', { prompt_tokens: 100 + turn, completion_tokens: turn, ...details });
    sendJson(received, 200, body, { 'x-fleet-release': release });
  });
  const ledger = { file: local.path(LEDGER), rotateMegabytes: 0.005 };
  const gateway = await start(edgeConfig(router.url, { ledger }));
  for (let turn = 0; turn < 40; turn += 1) {
    const model = turn % 4 === 0 ? 'gpt-oss-20b' : 'gpt-oss-120b';
    await (await gateway.post(CHAT, { ...hello, model })).text();
  }
  const result = await eventually(async () => {
    const found = await cost('--by', 'release');
    expect(found.total.requests).toBe(40);
    return found;
  });
  const metrics = await gateway.metrics();
  expect(result.rows.map(({ group }) => group)).toEqual(['gpt-oss-120b v1', 'gpt-oss-20b groq']);
  for (const row of result.rows) {
    const [model, release] = row.group.split(' ');
    const labels = (kind: string) => `{model="${model}",release="${release}",kind="${kind}"}`;
    const kinds = ['input', 'cached_input', 'output'];
    const dollars = kinds.map((kind) => metrics.value(`oss_token_cost_usd${labels(kind)}`) ?? Number.NaN);
    const tokens = kinds.map((kind) => metrics.value(`oss_tokens_total${labels(kind)}`));
    expect(tokens).toEqual([row.inputTokens, row.cachedInputTokens, row.outputTokens]);
    expect(Math.round(dollars.reduce((sum, usd) => sum + usd) * 1e12)).toBe(
      Math.round(Number(row.usd) * 1e12),
    );
  }
});

describe('people get', () => {
  test('a table with a total', async () => {
    local.write(LEDGER, line() + line({ key: 'team-b', ...UNKNOWN, usageMissing: true }));
    expect((await local.fleet(['cost', '--by', 'key'])).stdout).toBe(
      [
        'key     requests  input  cached input  output  USD      aborted  usage unknown',
        'team-a  1         600    400           200     0.00023  0        0',
        'team-b  1         0      0             0       0.00     0        1',
        'total   2         600    400           200     0.00023  0        1',
        '1 request with unknown usage: not in the sums',
        '',
      ].join('\n'),
    );
  });

  test('a word when nothing was written yet', async () => {
    expect(await local.fleet(['cost'])).toMatchObject({
      code: 0,
      stdout: 'no requests\nno ledger file has been written yet\n',
    });
  });

  test('what to do where there is no ledger file', async () => {
    const text = local.read('environments/local.yaml');
    local.write('environments/local.yaml', text.replace(/, ledger: \{.*?\}/, ''));
    const { code, stderr } = await local.fleet(['cost']);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'local keeps no ledger file; add `ledger: { file: .fleet/local/ledger/ledger.jsonl }` under `gateway` in environments/local.yaml\n',
    );
  });

  test.each([
    ['--by', 'team'],
    ['--since', 'yesterday'],
    ['--since', '2026-13-01'],
  ])('an error for %s %s', async (flag, value) => {
    expect((await local.fleet(['cost', flag, value])).code).toBe(2);
  });
});

test.each([
  ['90m', '2026-11-20T10:30:00.000Z'],
  ['24h', '2026-11-19T12:00:00.000Z'],
  ['7d', '2026-11-13T12:00:00.000Z'],
  ['2026-11-01', '2026-11-01T00:00:00.000Z'],
  ['2026-11-01T08:30Z', '2026-11-01T08:30:00.000Z'],
])('--since %s means %s', (text, expected) => {
  expect(new Date(parseSince(text, Date.parse('2026-11-20T12:00:00Z'))).toISOString()).toBe(expected);
});

test.each([
  [0n, '0.00'],
  [1n, '0.000000000001'],
  [12_300_000_000n, '0.0123'],
  [1_500_000_000_000n, '1.50'],
  [123_456_000_000_000_000n, '123456.00'],
])('%s pico-dollars are %s USD', (picoDollars, expected) => {
  expect(exactDollars(picoDollars)).toBe(expected);
});
