import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { chat, contentEvent, DONE, ROUTER_HEADERS, roleEvent, startStream } from './support/answers.ts';
import { CHAT, edge, hello } from './support/edge.ts';
import { eventually } from './support/eventually.ts';
import { fakeUpstream, type Received, type Respond } from './support/fake-upstream.ts';
import { postText, rawClient } from './support/raw-client.ts';
import { edgeConfig, type Started, start } from './support/start.ts';

/** Before a retry; the clock of the whole request runs longer. */
const LONGEST_WAIT = 2_200;
const streamed = { ...hello, stream: true };

async function expectAborted(gateway: Started, phase: string): Promise<void> {
  await eventually(async () => {
    const metrics = await gateway.metrics();
    expect(metrics.value(`oss_aborts_total{phase="${phase}"}`)).toBe(1);
    expect(metrics.value('oss_requests_in_flight{model="gpt-oss-120b"}')).toBe(0);
  });
  expect(gateway.log).toEqual([expect.objectContaining({ aborted: phase })]);
}

/** What the router sees and does before the client leaves, and where the request is then. */
const phases: [string, unknown, Respond, string | undefined][] = [
  ['headers', hello, () => {}, undefined],
  ['first_token', streamed, (received) => startStream(received), 'event-stream'],
  [
    'first_token',
    streamed,
    (received) => {
      startStream(received);
      received.res.write(roleEvent);
    },
    'assistant',
  ],
  [
    'stream',
    streamed,
    (received) => {
      startStream(received);
      received.res.write(contentEvent('word'));
    },
    'word',
  ],
  [
    'answer',
    hello,
    ({ res }) => {
      res.writeHead(200, { 'content-type': 'application/json', ...ROUTER_HEADERS });
      res.write('{"id":');
    },
    undefined,
  ],
];

test.each(phases)(
  'a client that leaves in phase %s ends the request at the router',
  async (phase, body, respond, seen) => {
    const { gateway, router } = await edge(respond);
    const client = await rawClient(gateway.address);
    client.send(postText(CHAT, gateway.key, body));
    const received = await eventually(() => {
      expect(router.requests).toHaveLength(1);
      return router.requests[0] as Received;
    });
    if (seen !== undefined) await client.until(seen);
    if (phase === 'answer') await answering(gateway);
    client.socket.destroy();
    expect(await received.closed).toBe(false);
    await expectAborted(gateway, phase);
  },
);

/** Nothing tells from outside that the head of an answer has arrived that is not passed on yet. */
async function answering(gateway: Started): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await gateway.admin('/ready');
}

test('a client that leaves while it sends its body reaches no router', async () => {
  const { gateway, router } = await edge();
  const client = await rawClient(gateway.address);
  client.send(postText(CHAT, gateway.key, hello).slice(0, -10));
  await gateway.admin('/ready');
  client.socket.destroy();
  await expectAborted(gateway, 'body');
  expect(router.connections()).toBe(0);
});

test('a client that leaves while the connection to the router is being made ends that attempt', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void silent.close());
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const gateway = await start(edgeConfig(`https://127.0.0.1:${port}`));
  const client = await rawClient(gateway.address);
  client.send(postText(CHAT, gateway.key, hello));
  const socket = await eventually(() => {
    expect(sockets).toHaveLength(1);
    return sockets[0] as Socket;
  });
  const closed = new Promise((resolve) => socket.on('close', resolve).resume());
  const left = performance.now();
  client.socket.destroy();
  await closed;
  expect(performance.now() - left).toBeLessThan(1_000);
  await expectAborted(gateway, 'connect');
});

test('a client that leaves between two attempts ends the retries', async () => {
  let waiting = 0;
  const router = await fakeUpstream(({ res }) => {
    res.writeHead(502, { 'x-fleet-unsent': '1' });
    res.end();
  });
  const after = (milliseconds: number) => {
    if (milliseconds > LONGEST_WAIT) return () => {};
    waiting += 1;
    return () => {
      waiting -= 1;
    };
  };
  const gateway = await start(edgeConfig(router.url), { after });
  const client = await rawClient(gateway.address);
  client.send(postText(CHAT, gateway.key, hello));
  await eventually(() => expect(waiting).toBe(1));
  client.socket.destroy();
  await expectAborted(gateway, 'connect');
  expect(waiting).toBe(0);
  expect(router.requests).toHaveLength(1);
});

test('a client that leaves after [DONE] has aborted nothing', async () => {
  const { gateway, router } = await edge((received) => {
    startStream(received);
    received.res.write(contentEvent('a') + DONE);
  });
  const client = await rawClient(gateway.address);
  client.send(postText(CHAT, gateway.key, streamed));
  await client.until('[DONE]');
  client.socket.destroy();
  expect(await router.requests[0]?.closed).toBe(false);
  await eventually(() => expect(gateway.log).toHaveLength(1));
  expect(gateway.log[0]).toMatchObject({ status: 200 });
  expect(gateway.log[0]?.aborted).toBeUndefined();
});

test('the router is told at once: half a second from the client’s leaving to the router’s knowing', async () => {
  const { gateway, router } = await edge((received) => startStream(received));
  const client = await rawClient(gateway.address);
  client.send(postText(CHAT, gateway.key, streamed));
  await client.until('event-stream');
  const left = performance.now();
  client.socket.destroy();
  await router.requests[0]?.closed;
  expect(performance.now() - left).toBeLessThan(500);
});

test('a connection whose answer was complete serves the next request', async () => {
  const { gateway, router } = await edge(chat(['a']));
  for (let turn = 0; turn < 3; turn += 1) await (await gateway.post(CHAT, streamed)).text();
  expect(router.requests).toHaveLength(3);
  expect(router.connections()).toBe(1);
});
