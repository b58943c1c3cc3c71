import { Pool } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { chat, metric, start } from './support.ts';

const VERY_FAST = { prefillTokensPerSecond: 1e9, decodeTokensPerSecond: 1e9 };

function pool(url: string, connections: number): Pool {
  const made = new Pool(url, { connections, pipelining: 1 });
  onTestFinished(() => made.close());
  return made;
}

const ask = async (client: Pool, body: object): Promise<string> => {
  const answer = await client.request({
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return answer.body.text();
};

test('300 streams at once all end well, and every token is counted', async () => {
  const simulator = await start({
    args: ['--max-num-seqs', '300'],
    simulation: { ...VERY_FAST, decodeTokensPerSecond: 500 },
  });
  const client = pool(simulator.url, 300);
  const texts = await Promise.all(
    Array.from({ length: 300 }, (_, index) =>
      ask(client, chat(`${index}`, { stream: true, max_tokens: 50 })),
    ),
  );
  expect(texts.filter((text) => text.endsWith('data: [DONE]\n\n'))).toHaveLength(300);
  expect(await metric(simulator, 'generation_tokens_total')).toBe(300 * 50);
  expect(await metric(simulator, 'request_success_total', 'finished_reason="length"')).toBe(300);
  expect(simulator.records.every(({ outcome }) => outcome === 'completed')).toBe(true);
});

test('2000 short answers are counted one by one', async () => {
  const simulator = await start({ simulation: VERY_FAST });
  const client = pool(simulator.url, 32);
  const texts = await Promise.all(
    Array.from({ length: 2000 }, (_, index) => ask(client, chat(`${index}`, { max_tokens: 4 }))),
  );
  const tokens = texts.map((text) => JSON.parse(text).usage.completion_tokens);
  expect(tokens.every((count) => count === 4)).toBe(true);
  expect(simulator.records).toHaveLength(2000);
  expect(await metric(simulator, 'request_success_total', 'finished_reason="length"')).toBe(2000);
});
