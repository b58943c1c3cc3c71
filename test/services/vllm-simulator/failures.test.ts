import { expect, test } from 'vitest';
import type { SimulationInput } from '../../../services/vllm-simulator/simulation-options.ts';
import { chat, choices, events, FAST, post, type Running, recordOf, send, start } from './support.ts';

const failing = (...failures: NonNullable<SimulationInput['failures']>): SimulationInput => ({
  ...FAST,
  failures,
});
const statusOf = async (simulator: Running, text: string, headers?: Record<string, string>) =>
  (await post(simulator, '/v1/chat/completions', chat(text), headers)).status;

/** Reads a stream until its connection breaks. */
async function brokenStream(simulator: Running, body: object): Promise<string> {
  const answer = await fetch(`${simulator.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  let text = '';
  const decoder = new TextDecoder();
  await expect(
    (async () => {
      if (answer.body) for await (const chunk of answer.body) text += decoder.decode(chunk, { stream: true });
    })(),
  ).rejects.toThrow();
  return text;
}

test.each([
  [500, 'InternalServerError'],
  [503, 'Service Unavailable'],
])('status %i comes with an error body', async (status, type) => {
  const simulator = await start({ simulation: failing({ do: 'status', status }) });
  const answer = await post(simulator, '/v1/chat/completions', chat('x'));
  expect([answer.status, JSON.parse(answer.body).error]).toMatchObject([status, { type, code: status }]);
  expect(simulator.records[0]).toMatchObject({ outcome: 'failed', status });
});

test('refuse breaks the connection without a byte', async () => {
  const simulator = await start({ simulation: failing({ do: 'refuse' }) });
  await expect(post(simulator, '/v1/chat/completions', chat('x'))).rejects.toThrow('socket hang up');
  expect(simulator.records[0]).toMatchObject({ outcome: 'failed', status: 0 });
});

test.each([0, 1, 3])('cut breaks a stream after %i tokens', async (afterTokens) => {
  const simulator = await start({ simulation: failing({ do: 'cut', afterTokens }) });
  const text = await brokenStream(simulator, chat('x', { stream: true, max_tokens: 10 }));
  expect(choices(text).filter(({ delta }) => delta.content !== '')).toHaveLength(afterTokens);
  expect(text).not.toContain('[DONE]');
  expect(await recordOf(simulator)).toMatchObject({ outcome: 'failed', completionTokens: afterTokens });
});

test('cut breaks an answer that is no stream', async () => {
  const simulator = await start({ simulation: failing({ do: 'cut', afterTokens: 2 }) });
  await expect(post(simulator, '/v1/chat/completions', chat('x'))).rejects.toThrow('socket hang up');
  expect(simulator.records[0]).toMatchObject({ outcome: 'failed', completionTokens: 2, status: 0 });
});

test('stall sends the first tokens and then nothing, until the client leaves', async () => {
  const simulator = await start({ simulation: failing({ do: 'stall', afterTokens: 2 }) });
  const client = new AbortController();
  const answer = await fetch(`${simulator.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(chat('x', { stream: true, max_tokens: 10 })),
    signal: client.signal,
  });
  const reader = answer.body?.getReader();
  let text = '';
  while (events(text).length < 3) text += new TextDecoder().decode((await reader?.read())?.value);
  client.abort();
  expect(await recordOf(simulator)).toMatchObject({
    outcome: 'aborted',
    abortedPhase: 'decode',
    completionTokens: 2,
  });
});

test('delay makes the first token late', async () => {
  const simulator = await start({ simulation: failing({ do: 'delay', seconds: 0.05 }) });
  await post(simulator, '/v1/chat/completions', chat('x'));
  const [record] = simulator.records;
  expect((record?.firstTokenAt ?? 0) - (record?.startedAt ?? 0)).toBeGreaterThanOrEqual(49);
});

test('every n-th request fails', async () => {
  const simulator = await start({ simulation: failing({ when: { every: 3 }, do: 'status' }) });
  const statuses: number[] = [];
  for (let turn = 0; turn < 6; turn += 1) statuses.push(await statusOf(simulator, 'x'));
  expect(statuses).toEqual([200, 200, 500, 200, 200, 500]);
});

test('a failure happens at most so many times', async () => {
  const simulator = await start({ simulation: failing({ when: { times: 2 }, do: 'status' }) });
  const statuses: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) statuses.push(await statusOf(simulator, 'x'));
  expect(statuses).toEqual([500, 500, 200, 200]);
});

test('only requests that meet every condition fail', async () => {
  const when = { contains: 'boom', header: { name: 'X-Fleet-Release', equals: 'v33' } };
  const simulator = await start({ simulation: failing({ when, do: 'status' }) });
  expect(await statusOf(simulator, 'boom', { 'x-fleet-release': 'v33' })).toBe(500);
  expect(await statusOf(simulator, 'calm', { 'x-fleet-release': 'v33' })).toBe(200);
  expect(await statusOf(simulator, 'boom', { 'x-fleet-release': 'v32' })).toBe(200);
  expect(await statusOf(simulator, 'boom')).toBe(200);
});

test('an unhealthy simulator fails its health check and goes on answering', async () => {
  const simulator = await start({ simulation: { ...FAST, healthy: false } });
  expect((await send(simulator, 'GET', '/health')).status).toBe(503);
  expect(await statusOf(simulator, 'x')).toBe(200);
});
