import { expect, test } from 'vitest';
import { chatBody, sendJson } from './support/answers.ts';
import { CHAT, errorOf, hello } from './support/edge.ts';
import { eventually } from './support/eventually.ts';
import { fakeUpstream } from './support/fake-upstream.ts';
import { postText, rawClient } from './support/raw-client.ts';
import { edgeConfig, start } from './support/start.ts';

test('beyond its number of requests the gateway refuses at once, before the body, and says when to come again', async () => {
  const router = await fakeUpstream(() => {});
  const gateway = await start(edgeConfig(router.url, { overload: { maxRequests: 2 } }));
  const running = [gateway.post(CHAT, hello), gateway.post(CHAT, hello)];
  await eventually(() => expect(router.requests).toHaveLength(2));
  const client = await rawClient(gateway.address);
  client.send(postText(CHAT, gateway.key, hello).slice(0, -20));
  const text = await client.until('overloaded');
  expect(text).toMatch(/^HTTP\/1\.1 503 /);
  expect(text).toMatch(/retry-after: [1-3]\r\n/i);
  expect((await gateway.metrics()).value('oss_sheds_total{reason="requests"}')).toBe(1);
  for (const received of router.requests) sendJson(received, 200, chatBody('a'));
  for (const answer of running) expect((await answer).status).toBe(200);
  router.respond = (received) => sendJson(received, 200, chatBody('a'));
  await eventually(async () => expect((await gateway.post(CHAT, hello)).status).toBe(200));
});

test('beyond its memory for bodies too, and what left makes room again', async () => {
  const router = await fakeUpstream((received) => sendJson(received, 200, chatBody('a')));
  const gateway = await start(edgeConfig(router.url, { overload: { maxBodyMegabytes: 1 } }));
  const client = await rawClient(gateway.address);
  client.send(
    `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.key}\r\ncontent-length: 1048000\r\n\r\n{`,
  );
  const long = { ...hello, user: 'x'.repeat(2_000) };
  await eventually(async () => expect((await gateway.post(CHAT, long)).status).toBe(503));
  expect(await errorOf(await gateway.post(CHAT, long))).toMatchObject({
    type: 'server_error',
    code: 'overloaded',
  });
  client.socket.destroy();
  await eventually(async () => expect((await gateway.post(CHAT, long)).status).toBe(200));
});
