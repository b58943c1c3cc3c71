import { expect, test } from 'vitest';
import { chat, sendJson } from './support/answers.ts';
import { errorOf } from './support/edge.ts';
import { eventually } from './support/eventually.ts';
import { type FakeUpstream, fakeUpstream, type Respond } from './support/fake-upstream.ts';
import { postText, rawClient } from './support/raw-client.ts';
import { egressConfig, HOP_KEY, type Started, start } from './support/start.ts';

const CHAT = '/v1/chat/completions';
const body = { model: 'gpt-oss-20b', messages: [{ role: 'user', content: 'hello' }] };
const HOP = { 'x-fleet-hop-key': HOP_KEY, 'x-fleet-model': 'gpt-oss-20b', 'x-fleet-release': 'groq' };

const broken: Respond = (received) => sendJson(received, 503, '{"error":{"message":"down"}}');
const silent: Respond = () => {};

interface Rig {
  readonly endpoint: FakeUpstream;
  readonly gateway: Started;
  pass(milliseconds: number): void;
  status(): Promise<number>;
  circuit(): Promise<number | undefined>;
}

async function rig(respond: Respond): Promise<Rig> {
  let skipped = 0;
  const endpoint = await fakeUpstream(respond);
  const gateway = await start(egressConfig(endpoint.url), { now: () => performance.now() + skipped });
  return {
    endpoint,
    gateway,
    pass(milliseconds) {
      skipped += milliseconds;
    },
    async status() {
      const response = await gateway.post(CHAT, body, HOP);
      await response.text();
      return response.status;
    },
    circuit: async () => (await gateway.metrics()).value('fleet_egress_circuit_state{endpoint="groq"}'),
  };
}

async function failing(respond: Respond): Promise<Rig> {
  const made = await rig(respond);
  for (let turn = 0; turn < 5; turn += 1) await made.status();
  return made;
}

test.each<[string, Respond]>([
  ['answers 503', broken],
  ['breaks off', ({ socket }) => socket.resetAndDestroy()],
])('an endpoint that %s five times in a row is left alone', async (_case, respond) => {
  const { endpoint, gateway, circuit } = await failing(respond);
  expect(await circuit()).toBe(2);
  const response = await gateway.post(CHAT, body, HOP);
  expect(response.status).toBe(503);
  expect(response.headers.get('x-fleet-unsent')).toBe('1');
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(10);
  expect(await errorOf(response)).toMatchObject({ code: 'circuit_open' });
  expect(endpoint.requests).toHaveLength(5);
});

test.each([400, 401, 429])('%i is an answer, not a failure', async (status) => {
  const { endpoint, circuit } = await failing((received) => sendJson(received, status, '{"error":{}}'));
  expect(await circuit()).toBe(0);
  expect(endpoint.requests).toHaveLength(5);
});

test('one good answer between failures keeps it closed', async () => {
  const { endpoint, status, circuit } = await rig(broken);
  for (let turn = 0; turn < 4; turn += 1) await status();
  endpoint.respond = chat(['hi']);
  await status();
  endpoint.respond = broken;
  for (let turn = 0; turn < 4; turn += 1) await status();
  expect(await circuit()).toBe(0);
});

test('after a while one request tries it, and the others wait for what it finds', async () => {
  const { endpoint, gateway, status, circuit, pass } = await failing(broken);
  endpoint.respond = silent;
  pass(10_000);
  const probe = gateway.post(CHAT, body, HOP);
  await eventually(() => expect(endpoint.requests).toHaveLength(6));
  expect(await circuit()).toBe(1);
  expect(await status()).toBe(503);
  expect(endpoint.requests).toHaveLength(6);
  const held = endpoint.requests[5];
  if (held !== undefined) chat(['hi'])(held);
  expect((await probe).status).toBe(200);
  expect(await circuit()).toBe(0);
  endpoint.respond = chat(['hi']);
  expect(await status()).toBe(200);
});

test('a try that fails leaves it alone as long again', async () => {
  const { endpoint, status, circuit, pass } = await failing(broken);
  pass(10_000);
  await status();
  expect(await circuit()).toBe(2);
  pass(5_000);
  await status();
  expect(endpoint.requests).toHaveLength(6);
});

test('a try whose client leaves says nothing: the next request tries', async () => {
  const { endpoint, gateway, status, circuit, pass } = await failing(broken);
  endpoint.respond = silent;
  pass(10_000);
  const client = await rawClient(gateway.address);
  client.send(postText(CHAT, 'x', body, HOP));
  await eventually(() => expect(endpoint.requests).toHaveLength(6));
  client.socket.destroy();
  await eventually(async () => expect(await circuit()).toBe(2));
  endpoint.respond = chat(['hi']);
  expect(await status()).toBe(200);
  expect(await circuit()).toBe(0);
});
