import { expect, test } from 'vitest';
import { PrefixCache } from '../../../services/vllm-simulator/prefix-cache.ts';
import { pieces, tokenIds } from '../../../services/vllm-simulator/tokens.ts';
import { chat, metric, post, start } from './support.ts';

const ids = (count: number, first = 1000) => Array.from({ length: count }, (_, index) => first + index);

/** A prompt that was computed and whose request has ended. */
function run(cache: PrefixCache, prompt: number[], salt?: string): number {
  const allocation = cache.allocate(prompt, salt);
  if (allocation === undefined) throw new Error('no room');
  cache.publish(allocation, prompt.length);
  cache.release(allocation);
  return allocation.cachedTokens;
}

const cacheOf = (capacity = 100) => new PrefixCache({ blockSize: 16, capacity, enabled: true });

test.each([
  [15, 0],
  [16, 0],
  [17, 16],
  [32, 16],
  [33, 32],
])('of %i tokens sent twice, %i are found: full blocks, never the one with the last token', (count, hits) => {
  const cache = cacheOf();
  run(cache, ids(count));
  expect(run(cache, ids(count))).toBe(hits);
});

test('a difference in the first block makes all later blocks different', () => {
  const cache = cacheOf();
  run(cache, ids(64));
  expect(run(cache, [7, ...ids(64).slice(1)])).toBe(0);
});

test('a difference in the third block leaves the first two', () => {
  const cache = cacheOf();
  run(cache, ids(64));
  expect(run(cache, [...ids(33), 7, ...ids(64).slice(34)])).toBe(32);
});

test('the longest unused blocks go first', () => {
  const cache = cacheOf(8);
  run(cache, ids(64, 1000));
  run(cache, ids(64, 2000));
  run(cache, ids(65, 1000).slice(0, 64));
  run(cache, ids(64, 3000));
  expect(run(cache, ids(64, 1000))).toBe(48);
  expect(run(cache, ids(64, 2000))).toBe(0);
});

test('the tail of a sequence goes before its head', () => {
  const cache = cacheOf(6);
  run(cache, ids(64, 1000));
  run(cache, ids(48, 2000));
  expect(run(cache, ids(64, 1000))).toBe(48);
});

test('it never keeps more blocks than it has', () => {
  const cache = cacheOf(10);
  for (let turn = 0; turn < 50; turn += 1) run(cache, ids(100, turn * 1000));
  expect(cache.cachedBlocks + cache.usedBlocks).toBeLessThanOrEqual(10);
});

test('blocks in use are not given away', () => {
  const cache = cacheOf(8);
  const held = cache.allocate(ids(64, 1000));
  if (held) cache.publish(held, 64);
  for (let turn = 2; turn < 9; turn += 1) run(cache, ids(64, turn * 1000));
  expect(run(cache, ids(64, 1000))).toBe(48);
});

test('a salt of its own shares nothing', () => {
  const cache = cacheOf();
  run(cache, ids(64), 'a');
  expect([run(cache, ids(64), 'b'), run(cache, ids(64), 'a')]).toEqual([0, 48]);
});

const LONG = Array.from({ length: 100 }, (_, index) => `w${index % 10}`).join(' ');
const DETAILS = ['--enable-prompt-tokens-details'];
const cachedOf = (body: string): number => JSON.parse(body).usage.prompt_tokens_details.cached_tokens;

test('usage, record and all metrics tell the same hits', async () => {
  const simulator = await start({ args: DETAILS });
  const first = await post(simulator, '/v1/chat/completions', chat(LONG));
  const again = await post(simulator, '/v1/chat/completions', chat(LONG));
  const prompt = JSON.parse(first.body).usage.prompt_tokens;
  const hits = Math.floor((prompt - 1) / 16) * 16;
  expect([cachedOf(first.body), cachedOf(again.body), simulator.records[1]?.cachedTokens]).toEqual([
    0,
    hits,
    hits,
  ]);
  expect(await metric(simulator, 'prefix_cache_queries_total')).toBe(2 * prompt);
  expect(await metric(simulator, 'prefix_cache_hits_total')).toBe(hits);
  expect(await metric(simulator, 'prompt_tokens_cached_total')).toBe(hits);
  expect(await metric(simulator, 'prompt_tokens_by_source_total', 'local_cache_hit')).toBe(hits);
  expect(await metric(simulator, 'prompt_tokens_by_source_total', 'local_compute')).toBe(2 * prompt - hits);
  expect(await metric(simulator, 'prompt_tokens_cached_by_source_total', 'device')).toBe(hits);
  expect(await metric(simulator, 'request_prefill_kv_computed_tokens_sum')).toBe(2 * prompt - hits);
});

test('the next turn finds the answer of the turn before', async () => {
  const simulator = await start({ args: DETAILS });
  const question = { role: 'user', content: LONG };
  const first = JSON.parse(
    (await post(simulator, '/v1/chat/completions', { messages: [question], max_tokens: 100 })).body,
  );
  const answer = first.choices[0].message;
  const turn = [question, { role: 'assistant', content: answer.content }, { role: 'user', content: 'and?' }];
  const second = await post(simulator, '/v1/chat/completions', { messages: turn });
  // All that was computed: the prompt and the answer without its last token, in full blocks.
  const known = Math.floor((first.usage.prompt_tokens + 100 - 1) / 16) * 16;
  expect(cachedOf(second.body)).toBe(known);
});

test('reasoning breaks the prefix: the next turn does not repeat it', async () => {
  const simulator = await start({ args: DETAILS });
  const question = { role: 'user', content: LONG };
  const first = JSON.parse(
    (await post(simulator, '/v1/chat/completions', { messages: [question], reasoning_effort: 'high' })).body,
  );
  const turn = [question, first.choices[0].message, { role: 'user', content: 'and?' }];
  const second = await post(simulator, '/v1/chat/completions', { messages: turn });
  expect(cachedOf(second.body)).toBe(Math.floor(first.usage.prompt_tokens / 16) * 16);
});

test('without prefix caching nothing is found and nothing is asked', async () => {
  const simulator = await start({ args: [...DETAILS, '--no-enable-prefix-caching'] });
  await post(simulator, '/v1/chat/completions', chat(LONG));
  const again = await post(simulator, '/v1/chat/completions', chat(LONG));
  expect(cachedOf(again.body)).toBe(0);
  expect(await metric(simulator, 'prefix_cache_queries_total')).toBe(0);
});

test('a request aborted in its prompt leaves nothing in the cache', () => {
  const cache = cacheOf();
  const allocation = cache.allocate(ids(64));
  if (allocation) cache.release(allocation);
  expect([run(cache, ids(64)), cache.usedBlocks]).toEqual([0, 0]);
});

test.each([
  'The quick brown fox jumps over the lazy dog.',
  'tabs\tand\n\nlines   and spaces ',
  '{"json": [1, 22, 333, 4444]}',
  '中文字符和日本語',
  'emoji 😀😀 and é, ü',
  '<|start|>system<|message|>not special<|end|>',
])('pieces of %j are the text again, one id each', (text) => {
  expect(pieces(text).join('')).toBe(text);
  expect(tokenIds(text)).toHaveLength(pieces(text).length);
});

test('no piece ends within a character', () => {
  expect(pieces('😀😀').every((piece) => piece === '😀')).toBe(true);
});

test('English text has about four characters a token', () => {
  const text =
    'A stand-in for the real server should count tokens about as densely as the real one would count them. '.repeat(
      20,
    );
  const density = text.length / tokenIds(text).length;
  expect(density).toBeGreaterThan(3.5);
  expect(density).toBeLessThan(5.5);
});

test('text that looks like a special token is text', () => {
  expect(Math.min(...tokenIds('<|start|><|end|>'))).toBeGreaterThanOrEqual(256);
});

test('tokenizing takes linear time', () => {
  const fastest = (repeats: number): number => {
    const text = 'ab '.repeat(repeats);
    const times = [1, 2, 3, 4].map(() => {
      const began = performance.now();
      tokenIds(text);
      return performance.now() - began;
    });
    return Math.min(...times);
  };
  // 64 times the text: a quadratic tokenizer would take 4096 times as long.
  expect(fastest(1_280_000) / fastest(20_000)).toBeLessThan(1000);
});
