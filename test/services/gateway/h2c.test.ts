import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { chatBody, contentEvent, DONE, roleEvent, sendJson, startStream } from './support/answers.ts';
import { CHAT, edge, hello } from './support/edge.ts';
import { eventually } from './support/eventually.ts';
import { fakeUpstream, type Received, type Respond } from './support/fake-upstream.ts';
import { h2Client } from './support/h2-client.ts';
import { postText, rawClient } from './support/raw-client.ts';
import { edgeConfig, start } from './support/start.ts';

const streamed = JSON.stringify({ ...hello, stream: true });

async function firstOf(requests: readonly Received[]): Promise<Received> {
  return eventually(() => {
    const [received] = requests;
    if (received === undefined) throw new Error('no request has come yet');
    return received;
  });
}

describe('HTTP/2 without TLS, on the port that speaks HTTP/1.1', () => {
  test('a whole answer, a stream and an error', async () => {
    const { gateway } = await edge();
    const client = h2Client(gateway.address);
    const whole = client.post(CHAT, gateway.key, JSON.stringify(hello));
    expect(JSON.parse((await whole.ended).text).choices[0].message.content).toBe('Hello there');
    expect(whole.headers()).toMatchObject({ ':status': 200, 'x-fleet-release': 'v1' });
    const stream = client.post(CHAT, gateway.key, streamed);
    expect((await stream.ended).text).toBe(roleEvent + contentEvent('Hello') + contentEvent(' there') + DONE);
    const stranger = client.post(CHAT, 'wrong', streamed);
    await stranger.ended;
    expect(stranger.status()).toBe(401);
    expect((await gateway.post(CHAT, hello)).status).toBe(200);
  });

  test('a hundred streams at a time on one connection', async () => {
    const { gateway } = await edge();
    const client = h2Client(gateway.address);
    const calls = Array.from({ length: 100 }, () => client.post(CHAT, gateway.key, streamed));
    for (const { ended } of calls) expect((await ended).text.endsWith(DONE)).toBe(true);
  });

  test('a prompt of megabytes', async () => {
    const { gateway, router } = await edge();
    const body = { ...hello, messages: [{ role: 'user', content: 'word '.repeat(1_000_000) }] };
    await h2Client(gateway.address).post(CHAT, gateway.key, JSON.stringify(body)).ended;
    expect(router.requests[0]?.body.length).toBeGreaterThan(5_000_000);
  });

  test('the first bytes may come one by one', async () => {
    const { gateway } = await edge();
    const client = await rawClient(gateway.address);
    for (const byte of postText(CHAT, gateway.key, hello).slice(0, 20)) client.send(byte);
    client.send(postText(CHAT, gateway.key, hello).slice(20));
    await client.until('Hello there');
  });

  test('a cut stream ends with a typed error, a cut whole answer as an error', async () => {
    const { gateway, router } = await edge((received) => {
      startStream(received);
      received.res.write(contentEvent('a'), () => received.socket.destroy());
    });
    const client = h2Client(gateway.address);
    const { text, code } = await client.post(CHAT, gateway.key, streamed).ended;
    expect(text).toMatch(/data: \{"error":\{.*upstream_cut.*\}\}\n\n$/);
    expect(code).toBe(0);
    router.respond = ({ socket }) => socket.destroy();
    const whole = client.post(CHAT, gateway.key, JSON.stringify(hello));
    await whole.ended;
    expect(whole.status()).toBe(502);
  });
});

const phases: [string, string, Respond, string | undefined][] = [
  ['headers', JSON.stringify(hello), () => {}, undefined],
  ['first_token', streamed, (received) => void startStream(received).write(roleEvent), 'assistant'],
  ['stream', streamed, (received) => void startStream(received).write(contentEvent('word')), 'word'],
  [
    'answer',
    JSON.stringify(hello),
    ({ res }) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.write('{"id":');
    },
    undefined,
  ],
];

test.each(phases)(
  'a reset stream in phase %s ends the request at the router',
  async (phase, body, respond, seen) => {
    const { gateway, router } = await edge(respond);
    const call = h2Client(gateway.address).post(CHAT, gateway.key, body);
    const received = await firstOf(router.requests);
    if (seen !== undefined) await call.until(seen);
    for (let turn = 0; turn < 20; turn += 1) await gateway.admin('/ready');
    const left = performance.now();
    call.leave();
    expect(await received.closed).toBe(false);
    expect(performance.now() - left).toBeLessThan(1_000);
    await eventually(async () => {
      expect((await gateway.metrics()).value(`oss_aborts_total{phase="${phase}"}`)).toBe(1);
    });
  },
);

test('a stream that is reset before its body has ended reaches no router, even if the body looks whole', async () => {
  const { gateway, router } = await edge();
  const call = h2Client(gateway.address).post(CHAT, gateway.key, JSON.stringify(hello), false);
  await eventually(async () => expect((await gateway.admin('/ready')).status).toBe(200));
  call.leave();
  await eventually(() => expect(gateway.log[0]).toMatchObject({ aborted: 'body' }));
  expect(router.connections()).toBe(0);
});

test('a first frame that no client may send, here one that is too large, ends the connection', async () => {
  const { gateway } = await edge();
  const { hostname, port } = new URL(`http://${gateway.address}`);
  const socket = connect(Number(port), hostname);
  const closed = once(socket.resume(), 'close');
  const settingsOf13MB = Buffer.from('d15519049ae3c23ec2', 'hex');
  socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settingsOf13MB]));
  await expect(closed).resolves.toEqual([false]);
});

test('one stream that is reset leaves the others of its connection alone', async () => {
  const { gateway, router } = await edge((received) => void startStream(received).write(contentEvent('a')));
  const client = h2Client(gateway.address);
  const [gone, stays] = [0, 1].map(() => client.post(CHAT, gateway.key, streamed));
  await Promise.all([gone?.until('a'), stays?.until('a')]);
  gone?.leave();
  const other = router.requests.find(({ res }) => !res.closed);
  await eventually(() => expect(router.requests.filter(({ res }) => res.closed)).toHaveLength(1));
  router.requests.find(({ res }) => !res.closed)?.res.end(DONE);
  expect((await stays?.ended)?.text).toContain('[DONE]');
  expect(other).toBeDefined();
});

describe('while it stops', () => {
  test('streams finish, the connection is told to send nothing new, and closes', async () => {
    const router = await fakeUpstream((received) => void startStream(received).write(contentEvent('a')));
    const gateway = await start(edgeConfig(router.url, { drainSeconds: 60 }));
    const client = h2Client(gateway.address);
    const call = client.post(CHAT, gateway.key, streamed);
    await call.until('a');
    const goaway = new Promise((resolve) => client.session.on('goaway', resolve));
    const stopped = gateway.stop();
    expect(await goaway).toBe(0);
    (await firstOf(router.requests)).res.end(DONE);
    expect((await call.ended).text).toContain('[DONE]');
    await stopped;
  });

  test('an idle connection is closed', async () => {
    const { gateway } = await edge((received) => sendJson(received, 200, chatBody('a')));
    const client = h2Client(gateway.address);
    await client.post(CHAT, gateway.key, JSON.stringify(hello)).ended;
    const closed = new Promise((resolve) => client.session.on('close', resolve));
    await gateway.stop();
    await closed;
  });

  test('a stream that takes too long ends with a typed error', async () => {
    const { gateway } = await edge((received) => void startStream(received).write(contentEvent('a')));
    const call = h2Client(gateway.address).post(CHAT, gateway.key, streamed);
    await call.until('a');
    await gateway.stop();
    expect((await call.ended).text).toMatch(/"code":"shutting_down"\}\}\n\n$/);
  });
});

test('back-pressure of one HTTP/2 stream reaches the router', async () => {
  const event = contentEvent('x'.repeat(1024));
  let written = 0;
  const { gateway } = await edge((received) => {
    const res = startStream(received);
    const pump = () => {
      while (!res.destroyed && written < 200_000_000) {
        written += event.length;
        if (!res.write(event)) break;
      }
    };
    res.on('drain', pump);
    pump();
  });
  const call = h2Client(gateway.address).post(CHAT, gateway.key, streamed);
  await eventually(() => expect(call.status()).toBe(200));
  call.stream.pause();
  let before = -1;
  await eventually(async () => {
    const now = written;
    const still = now === before;
    before = now;
    if (!still) throw new Error('still writing');
  });
  expect(written).toBeLessThan(50_000_000);
  call.leave();
});
