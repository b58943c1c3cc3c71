import { request } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import type { RequestRecord } from '../../../services/vllm-simulator/record.ts';
import { chat, FAST, metric, post, type Running, recordOf, SLOW, start, until } from './support.ts';

const NEVER = { prefillTokensPerSecond: 0.001, decodeTokensPerSecond: 0.001 };

/** Sends a request and gives what breaks its connection. */
function open({ port }: Running, body: unknown): { leave: () => void } {
  const call = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/v1/chat/completions',
    headers: { 'content-type': 'application/json' },
    agent: false,
  });
  call.on('error', () => {});
  call.on('response', (answer) => answer.on('error', () => {}).resume());
  call.end(JSON.stringify(body));
  return { leave: () => call.destroy() };
}

const running = (simulator: Running, count: number) =>
  until(async () => (await metric(simulator, 'num_requests_running')) === count);

test.each([
  ['prefill', true, NEVER],
  ['prefill', false, NEVER],
  ['decode', true, SLOW],
  ['decode', false, SLOW],
] as const)('a client that leaves in %s (stream %s) ends the work', async (phase, stream, simulation) => {
  const simulator = await start({ simulation });
  const { leave } = open(simulator, chat('x', { stream }));
  await running(simulator, 1);
  if (phase === 'decode') await until(async () => (await metric(simulator, 'generation_tokens_total')) === 1);
  leave();
  const record: RequestRecord = await recordOf(simulator);
  expect(record).toMatchObject({
    outcome: 'aborted',
    abortedPhase: phase,
    completionTokens: phase === 'decode' ? 1 : 0,
  });
  expect(await metric(simulator, 'num_requests_running')).toBe(0);
  expect(await metric(simulator, 'request_success_total', 'abort')).toBe(1);
});

test.each([true, false])('a client that leaves the queue (stream %s) is not scheduled', async (stream) => {
  const simulator = await start({ args: ['--max-num-seqs', '1'], simulation: SLOW });
  open(simulator, chat('first'));
  await running(simulator, 1);
  const { leave } = open(simulator, chat('second', { stream }));
  await until(async () => (await metric(simulator, 'num_requests_waiting')) === 1);
  leave();
  expect(await recordOf(simulator)).toMatchObject({
    outcome: 'aborted',
    abortedPhase: 'waiting',
    promptTokens: 8,
  });
  expect(await metric(simulator, 'num_requests_waiting')).toBe(0);
  expect(await metric(simulator, 'num_requests_running')).toBe(1);
});

test('a client that leaves before its body is complete is recorded', async () => {
  const simulator = await start();
  const socket = connect(simulator.port, '127.0.0.1');
  socket.write(
    'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
  );
  await until(
    () =>
      new Promise<boolean>((resolve) => simulator.server.getConnections((_, count) => resolve(count === 1))),
  );
  await post(simulator, '/v1/chat/completions', chat('x'));
  socket.destroy();
  expect(await recordOf(simulator, 2)).toMatchObject({
    outcome: 'aborted',
    abortedPhase: 'receiving',
    promptTokens: 0,
  });
});

test('countClientAborts false counts as vLLM does: not at all', async () => {
  const simulator = await start({ simulation: { ...SLOW, countClientAborts: false } });
  const { leave } = open(simulator, chat('x', { stream: true }));
  await running(simulator, 1);
  leave();
  await recordOf(simulator);
  expect(await metric(simulator, 'request_success_total', 'abort')).toBe(0);
});

test('a stream that its client does not read waits in bounded pieces and is complete in the end', async () => {
  const simulator = await start({ args: ['--max-model-len', '400000'], simulation: FAST });
  const tokens = 100_000;
  const body = JSON.stringify(chat('x', { stream: true, max_tokens: tokens }));
  const socket = connect(simulator.port, '127.0.0.1');
  socket.pause();
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await until(async () => (await metric(simulator, 'generation_tokens_total')) === tokens);
  expect(simulator.records).toEqual([]);
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text).toContain('data: [DONE]');
  expect(simulator.records[0]).toMatchObject({ outcome: 'completed', completionTokens: tokens });
});

test('a client that leaves while it does not read is aborted while sending', async () => {
  const simulator = await start({ args: ['--max-model-len', '400000'], simulation: FAST });
  const body = JSON.stringify(chat('x', { stream: true, max_tokens: 100_000 }));
  const socket = connect(simulator.port, '127.0.0.1');
  socket.pause();
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  await until(async () => (await metric(simulator, 'generation_tokens_total')) === 100_000);
  socket.destroy();
  expect(await recordOf(simulator)).toMatchObject({ outcome: 'aborted', abortedPhase: 'sending' });
});
