import { expect, test } from 'vitest';
import { CHAT } from '../support/edge.ts';
import { dialogue, type Message, words } from './support/dialogue.ts';
import { compressing, type Fleet, fleet, MAIN } from './support/fleet.ts';
import { costOf, tokensOf } from './support/money.ts';

const TURNS = 10;
/** USD per million tokens are pico-dollars per token, times a million. */
const CATALOGUE = { input: 150_000, cached: 150_000, output: 600_000 };
const WITH_DISCOUNT = { ...CATALOGUE, cached: 75_000 };
const SUMMARIES = { input: 50_000, cached: 50_000, output: 200_000 };

/** Sends the turns of one conversation, each with all that went before. */
async function converse(
  servers: Fleet,
  {
    start,
    turns,
    tokens,
  }: { readonly start: readonly Message[]; readonly turns: number; readonly tokens: number },
  headers: Record<string, string> = {},
): Promise<string[]> {
  const gateway = await compressing(servers);
  const messages = [...start];
  const outcomes: string[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const response = await gateway.post(CHAT, { model: MAIN, messages, max_tokens: tokens / 2 }, headers);
    const { choices } = (await response.json()) as { choices: readonly { message: { content: string } }[] };
    outcomes.push(response.headers.get('x-fleet-compression') ?? '');
    messages.push(
      { role: 'assistant', content: choices[0]?.message.content ?? '' },
      { role: 'user', content: words(tokens / 2, turn) },
    );
  }
  return outcomes;
}

test('a conversation of 100,000 tokens costs a tenth, also net of summaries and lost cache hits', async () => {
  const start = dialogue(100, 1000);
  const small = { start, turns: TURNS, tokens: 200 };
  const whole = await fleet();
  await converse(whole, small, { 'x-fleet-compression': 'off' });
  const short = await fleet();
  const outcomes = await converse(short, small);
  expect(outcomes[0]).toMatch(/^made;/);

  const reduction = (after: number, before: number) => 1 - after / before;
  const [firstWhole] = whole.main.records;
  const [firstShort] = short.main.records;
  if (firstWhole === undefined || firstShort === undefined) throw new Error('nothing was recorded');
  const gross = reduction(costOf([firstShort], CATALOGUE).total, costOf([firstWhole], CATALOGUE).total);
  const netAt = (prices: typeof CATALOGUE) =>
    reduction(
      costOf(short.main.records, prices).total + costOf(short.summarizer.records, SUMMARIES).total,
      costOf(whole.main.records, prices).total,
    );
  const net = netAt(CATALOGUE);
  const figures = {
    'prompt tokens, first turn': [firstWhole.promptTokens, firstShort.promptTokens],
    'gross, first turn': gross,
    'net, ten turns, catalogue prices': net,
    'net, ten turns, cached tokens at half price': netAt(WITH_DISCOUNT),
    'tokens computed, summaries included': reduction(
      computed(short.main.records) + computed(short.summarizer.records),
      computed(whole.main.records),
    ),
  };
  console.log(figures);
  expect(gross).toBeGreaterThanOrEqual(0.9);
  expect(net).toBeGreaterThanOrEqual(0.85);
  expect(netAt(WITH_DISCOUNT)).toBeGreaterThanOrEqual(0.85);

  function computed(records: Fleet['main']['records']): number {
    const { prompt, cached } = tokensOf(records);
    return prompt - cached;
  }
});

test('between two steps a dialogue keeps the prefix-cache hits that it would have without compression', async () => {
  const talk = { start: dialogue(0, 0), turns: 30, tokens: 1000 };
  const whole = await fleet();
  await converse(whole, talk, { 'x-fleet-compression': 'off' });
  const short = await fleet();
  const outcomes = await converse(short, talk);
  const between = (_: unknown, turn: number) => outcomes[turn]?.startsWith('hit') === true;
  const rate = (servers: Fleet) => {
    const { prompt, cached } = tokensOf(servers.main.records.filter(between));
    return cached / prompt;
  };
  const steps = outcomes.filter((outcome) => outcome.startsWith('made')).length;
  console.log({
    steps,
    turnsBetween: outcomes.filter(between).length,
    without: rate(whole),
    with: rate(short),
  });
  expect(steps).toBeGreaterThanOrEqual(2);
  expect(outcomes.filter(between).length).toBeGreaterThan(10);
  expect(rate(short) / rate(whole)).toBeGreaterThanOrEqual(0.9);
});
