import { expect, test } from 'vitest';
import { LedgerLine } from '../../../../contracts/ledger.ts';
import { toDollars } from '../../../../contracts/price.ts';
import { CHAT } from '../support/edge.ts';
import type { Started } from '../support/start.ts';
import { dialogue } from './support/dialogue.ts';
import { compressing, fleet, MAIN, SUMMARIZER } from './support/fleet.ts';

const long = { model: MAIN, messages: dialogue(30, 1000), max_tokens: 10 };

function ledgerOf({ log }: Started): LedgerLine[] {
  return log.filter(({ ledger }) => ledger === true).map((line) => LedgerLine.parse(withoutAbsent(line)));
}

function withoutAbsent(line: Readonly<Record<string, unknown>>): unknown {
  return JSON.parse(JSON.stringify(line));
}

test('each summary has a line in the ledger, in the name of the key and the request it was made for', async () => {
  const servers = await fleet();
  const gateway = await compressing(servers);
  const response = await gateway.post(CHAT, long);
  await response.text();
  const id = response.headers.get('x-request-id');
  const lines = ledgerOf(gateway);
  const summaries = lines.filter(({ summaryOf }) => summaryOf !== null);
  expect(lines.map(({ model, key, summaryOf, status }) => [model, key, summaryOf, status])).toEqual([
    ...Array.from({ length: 3 }, () => [SUMMARIZER, 'team-a', id, 200]),
    [MAIN, 'team-a', null, 200],
  ]);
  expect(new Set(lines.map((line) => line.id)).size).toBe(4);
  const records = new Map(servers.summarizer.records.map((record) => [record.id, record]));
  for (const line of summaries) {
    const record = records.get(line.id);
    expect([line.promptTokens, line.completionTokens]).toEqual([
      record?.promptTokens,
      record?.completionTokens,
    ]);
    expect(line.amount?.total).toBe(
      (line.promptTokens ?? 0) * 50_000 + (line.completionTokens ?? 0) * 200_000,
    );
  }
});

test('metric and ledger agree on what summaries cost, and the parts of the saving add up', async () => {
  const servers = await fleet();
  const gateway = await compressing(servers);
  const messages = [...long.messages];
  for (let turn = 0; turn < 12; turn += 1) {
    await (await gateway.post(CHAT, { ...long, messages })).text();
    messages.push(...dialogue(1, 1500, 50 + turn).slice(1, 3), { role: 'user', content: 'And then?' });
  }
  const lines = ledgerOf(gateway);
  const paid = lines.filter(({ summaryOf }) => summaryOf !== null);
  const sum = (of: readonly LedgerLine[]) =>
    of.reduce((total, { amount }) => total + (amount?.total ?? 0), 0);
  const metrics = await gateway.metrics();
  const value = (name: string) => metrics.value(`oss_compression_${name}{model="${MAIN}"}`) ?? Number.NaN;
  expect(paid.length).toBeGreaterThan(3);
  expect(value('summaries_cost_usd')).toBeCloseTo(toDollars(sum(paid)), 12);
  expect(metrics.value(`oss_compression_summaries_total{model="${MAIN}",source="made"}`)).toBe(paid.length);
  const spent = ['input', 'cached_input', 'output'].map(
    (kind) => metrics.value(`oss_token_cost_usd{model="${SUMMARIZER}",release="groq",kind="${kind}"}`) ?? 0,
  );
  expect(spent.reduce((total, part) => total + part)).toBeCloseTo(toDollars(sum(paid)), 12);
  expect(value('gross_saved_usd')).toBeCloseTo((value('tokens_removed_total') * 0.15) / 1e6, 12);
  expect(value('net_saved_usd')).toBeCloseTo(
    value('gross_saved_usd') - value('summaries_cost_usd') - value('lost_cache_usd'),
    12,
  );
  expect(value('lost_cache_usd')).toBeGreaterThan(0);
});

test('the estimate of what was saved is what the same conversation costs more without compression', async () => {
  const turns = 12;
  const run = async (headers: Record<string, string>) => {
    const servers = await fleet();
    const gateway = await compressing(servers);
    const messages = [...long.messages];
    for (let turn = 0; turn < turns; turn += 1) {
      await (await gateway.post(CHAT, { ...long, messages }, headers)).text();
      messages.push(...dialogue(1, 1500, 80 + turn).slice(1, 3), { role: 'user', content: 'And then?' });
    }
    const net =
      (await gateway.metrics()).value(`oss_compression_net_saved_usd{model="${MAIN}"}`) ?? Number.NaN;
    return {
      cost: toDollars(ledgerOf(gateway).reduce((sum, { amount }) => sum + (amount?.total ?? 0), 0)),
      net,
    };
  };
  const whole = await run({ 'x-fleet-compression': 'off' });
  const short = await run({});
  expect(whole.net).toBe(0);
  expect(short.net / (whole.cost - short.cost)).toBeGreaterThan(0.9);
  expect(short.net / (whole.cost - short.cost)).toBeLessThan(1.1);
});

test('nothing of a conversation or a summary is in the log', async () => {
  const servers = await fleet();
  const gateway = await compressing(servers);
  await (await gateway.post(CHAT, long)).text();
  const text = JSON.stringify(gateway.log);
  expect(text).not.toContain('Question');
  expect(text).not.toContain('Facts');
});
