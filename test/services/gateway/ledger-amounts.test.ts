import { expect, test } from 'vitest';
import { chatBody, contentEvent, sendJson, startStream } from './support/answers.ts';
import { hello } from './support/edge.ts';
import type { Respond } from './support/fake-upstream.ts';
import { gateway, sampleOf, usage } from './support/ledger-program.ts';

const streamed = { ...hello, stream: true };
const COUNT = 300;
const PRICES: Readonly<Record<string, readonly [bigint, bigint, bigint]>> = {
  v1: [150_000n, 50_000n, 600_000n],
  v2: [150_000n, 50_000n, 600_000n],
  groq: [50_000n, 50_000n, 200_000n],
};

/** The upstream's own record of what it answered, by request id. */
function mixed() {
  const records = new Map<string, { release: string; prompt: number; cached: number; completion: number }>();
  const respond: Respond = (received) => {
    const { id, json } = received;
    const turn = records.size;
    const release = json.model === 'gpt-oss-20b' ? 'groq' : turn % 3 === 0 ? 'v2' : 'v1';
    const prompt = 17 + turn * 131;
    const cached = turn % 4 === 0 ? undefined : (turn * 13) % prompt;
    const completion = 1 + ((turn * 37) % 900);
    records.set(id, { release, prompt, cached: cached ?? 0, completion });
    const headers = { 'x-fleet-release': release };
    const tokens = usage(prompt, cached, completion);
    if (json.stream !== true) return sendJson(received, 200, chatBody('x', tokens), headers);
    startStream(received, headers);
    received.res.end(
      `${contentEvent('x')}data: ${JSON.stringify({ choices: [], usage: tokens })}\n\ndata: [DONE]\n\n`,
    );
  };
  return { records, respond };
}

test('of many mixed requests every amount equals an independent calculation, and the metric has the same sums', async () => {
  const { records, respond } = mixed();
  const program = await gateway(respond);
  for (let turn = 0; turn < COUNT; turn += 20) {
    const bodies = Array.from({ length: 20 }, (_, index) => ({
      ...(index % 2 === 0 ? hello : streamed),
      model: index % 5 === 0 ? 'gpt-oss-20b' : 'gpt-oss-120b',
    }));
    await Promise.all(bodies.map(async (body) => (await program.post(body)).text()));
  }
  const metrics = await program.metrics();
  await program.stop();

  const ledger = program.ledger();
  expect(ledger).toHaveLength(COUNT);
  const sums = new Map<string, bigint>();
  const mismatches = ledger.filter(({ id, model, release, amount }) => {
    const record = records.get(id);
    const [input, cachedInput, output] = PRICES[record?.release ?? ''] ?? [0n, 0n, 0n];
    if (record === undefined) return true;
    const expected = {
      input: BigInt(record.prompt - record.cached) * input,
      cached_input: BigInt(record.cached) * cachedInput,
      output: BigInt(record.completion) * output,
    };
    for (const [kind, part] of Object.entries(expected)) {
      const series = `oss_token_cost_usd{model="${model}",release="${release}",kind="${kind}"}`;
      sums.set(series, (sums.get(series) ?? 0n) + part);
    }
    const given = [amount?.input, amount?.cachedInput, amount?.output, amount?.total].map(String);
    const total = expected.input + expected.cached_input + expected.output;
    return given.join() !== [...Object.values(expected), total].join() || release !== record.release;
  });
  expect(mismatches).toEqual([]);
  expect(sums.size).toBe(9);
  for (const [series, picoDollars] of sums)
    expect(sampleOf(metrics, series), series).toBeCloseTo(Number(picoDollars) / 1e12, 11);
});
