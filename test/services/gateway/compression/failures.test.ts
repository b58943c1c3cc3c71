import { expect, test } from 'vitest';
import { systemRuntime } from '../../../../services/common/runtime.ts';
import { chatBody, sendJson } from '../support/answers.ts';
import { CHAT, errorOf } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import type { Respond } from '../support/fake-upstream.ts';
import { postText, rawClient } from '../support/raw-client.ts';
import { start } from '../support/start.ts';
import { dialogue } from './support/dialogue.ts';
import { compressing, compressingConfig, MAIN, SUMMARIZER, scripted } from './support/fleet.ts';

const long = { model: MAIN, messages: dialogue(30, 1000) };

const down: Respond = (received) => sendJson(received, 503, '{"error":{"message":"down"}}');
const failures: readonly [string, Respond, string][] = [
  ['answers an error', down, 'refused'],
  ['breaks off', ({ socket }) => socket.destroy(), 'cut'],
  ['answers nothing', (received) => sendJson(received, 200, chatBody('  ')), 'empty'],
  ['answers something else', (received) => sendJson(received, 200, '"what?"'), 'empty'],
];

test.each(failures)('where the summariser %s the original goes through', async (_name, respond, reason) => {
  const servers = await scripted(respond);
  const gateway = await compressing(servers);
  const body = JSON.stringify(long);
  const response = await gateway.post(CHAT, body);
  expect(response.status).toBe(200);
  expect(response.headers.get('x-fleet-compression')).toBe(`failed;reason=${reason}`);
  expect(servers.sentTo(MAIN).map((sent) => sent.body.toString())).toEqual([body]);
  const metrics = await gateway.metrics();
  expect(metrics.value(`oss_compression_failures_total{model="${MAIN}",reason="${reason}"}`)).toBe(1);
  expect(metrics.value(`oss_compression_requests_total{model="${MAIN}",outcome="failed"}`)).toBe(1);
});

test('a conversation that is too long for the model ends with a clear error where it cannot be summarised', async () => {
  const servers = await scripted(down);
  const gateway = await compressing(servers);
  const response = await gateway.post(CHAT, { model: MAIN, messages: dialogue(140, 1000) });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('30');
  expect(await errorOf(response)).toEqual({
    message: expect.stringMatching(
      /^The conversation has 14\d{4} tokens, gpt-oss-120b takes 131072, and its older part could not be summarised \(refused\)\. /,
    ),
    type: 'upstream_error',
    param: null,
    code: 'compression_failed',
  });
  expect(servers.sentTo(MAIN)).toEqual([]);
});

test('a summariser that is too slow is waited for as long as it may take, and then given up', async () => {
  const servers = await scripted(() => {});
  const timers: { readonly milliseconds: number; readonly task: () => void }[] = [];
  const after: typeof systemRuntime.after = (milliseconds, task) => {
    if (milliseconds !== 20_000) return systemRuntime.after(milliseconds, task);
    timers.push({ milliseconds, task });
    return () => {};
  };
  const gateway = await start(compressingConfig(servers.router.url), { after });
  const answer = gateway.post(CHAT, long);
  await eventually(() => expect(servers.sentTo(SUMMARIZER)).toHaveLength(3));
  timers[0]?.task();
  const response = await answer;
  expect(response.headers.get('x-fleet-compression')).toBe('failed;reason=timeout');
  for (const { closed } of servers.sentTo(SUMMARIZER)) expect(await closed).toBe(false);
});

test('what failed is not tried again at once, but later', async () => {
  const servers = await scripted(down);
  let now = 0;
  const gateway = await start(compressingConfig(servers.router.url), { now: () => now });
  await gateway.post(CHAT, long);
  const asked = servers.sentTo(SUMMARIZER).length;
  await gateway.post(CHAT, long);
  expect(servers.sentTo(SUMMARIZER)).toHaveLength(asked);
  now = 31_000;
  await gateway.post(CHAT, long);
  expect(servers.sentTo(SUMMARIZER).length).toBeGreaterThan(asked);
});

test('a client that leaves takes its summaries along, and the model is never asked', async () => {
  const servers = await scripted(() => {});
  const gateway = await compressing(servers);
  const client = await rawClient(gateway.address);
  client.send(postText(CHAT, gateway.key, long));
  await eventually(() => expect(servers.sentTo(SUMMARIZER)).toHaveLength(3));
  client.socket.destroy();
  for (const { closed } of servers.sentTo(SUMMARIZER)) expect(await closed).toBe(false);
  await eventually(async () =>
    expect((await gateway.metrics()).value('oss_aborts_total{phase="compression"}')).toBe(1),
  );
  expect(servers.sentTo(MAIN)).toEqual([]);
});

test('a client that leaves does not take along what another one waits for', async () => {
  const held: (() => void)[] = [];
  const servers = await scripted((received) =>
    held.push(() => sendJson(received, 200, chatBody('Facts: kept.'))),
  );
  const gateway = await compressing(servers);
  const client = await rawClient(gateway.address);
  client.send(postText(CHAT, gateway.key, long));
  await eventually(() => expect(held).toHaveLength(3));
  const other = gateway.post(CHAT, { ...long, temperature: 0.5 });
  await gateway.post(CHAT, long, { 'x-fleet-compression': 'off' });
  client.socket.destroy();
  await eventually(async () =>
    expect((await gateway.metrics()).value('oss_aborts_total{phase="compression"}')).toBe(1),
  );
  for (const answer of held) answer();
  expect((await other).headers.get('x-fleet-compression')).toMatch(/;blocks=3;made=0$/);
});
