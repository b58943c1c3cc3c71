import { describe, expect, test } from 'vitest';
import { chatBody, contentEvent, DONE, sendJson, startStream } from './support/answers.ts';
import { CHAT, edge, hello } from './support/edge.ts';
import { eventually } from './support/eventually.ts';
import { fakeUpstream, type Received, type Respond } from './support/fake-upstream.ts';
import { postText, rawClient } from './support/raw-client.ts';
import { edgeConfig, start } from './support/start.ts';

const streamed = { ...hello, stream: true };

async function edgeWith(respond: Respond, drainSeconds: number) {
  const router = await fakeUpstream(respond);
  return { router, gateway: await start(edgeConfig(router.url, { drainSeconds })) };
}

async function firstOf(requests: readonly Received[]): Promise<Received> {
  return eventually(() => {
    const [received] = requests;
    if (received === undefined) throw new Error('no request has come yet');
    return received;
  });
}

const beginStream: Respond = (received) => {
  startStream(received);
  received.res.write(contentEvent('a'));
};

describe('while it stops', () => {
  test('what runs may finish, and nothing new is accepted', async () => {
    const { router, gateway } = await edgeWith(beginStream, 60);
    const response = await gateway.post(CHAT, streamed);
    const received = await firstOf(router.requests);
    const stopped = gateway.stop();
    await expect(gateway.post(CHAT, hello)).rejects.toThrow();
    expect((await gateway.admin('/ready')).status).toBe(503);
    received.res.end(contentEvent('b') + DONE);
    expect(await response.text()).toBe(contentEvent('a') + contentEvent('b') + DONE);
    await stopped;
  });

  test('an answer that has ended but not left yet leaves whole', async () => {
    const long = chatBody('x'.repeat(50_000_000));
    const { gateway } = await edgeWith((received) => sendJson(received, 200, long), 60);
    const client = await rawClient(gateway.address);
    client.socket.pause();
    client.send(postText(CHAT, gateway.key, hello));
    await eventually(() => expect(gateway.log).toHaveLength(1));
    const stopped = gateway.stop();
    await gateway.admin('/ready');
    client.socket.resume();
    expect((await client.ended).endsWith(long.slice(-100))).toBe(true);
    await stopped;
  });

  test('an idle connection is closed at once', async () => {
    const { gateway } = await edgeWith(() => {}, 60);
    const client = await rawClient(gateway.address);
    client.send('GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n');
    await client.until('unknown_url');
    await gateway.stop();
    await client.ended;
  });

  test('a kept-alive connection is closed after its answer', async () => {
    const { router, gateway } = await edgeWith(() => {}, 60);
    const client = await rawClient(gateway.address);
    client.send(postText(CHAT, gateway.key, hello));
    const received = await firstOf(router.requests);
    const stopped = gateway.stop();
    sendJson(received, 200, chatBody('late'));
    expect(await client.ended).toMatch(/connection: close[\s\S]*late/i);
    await stopped;
  });
});

describe('when the time is over', () => {
  test('a stream ends with a typed error and no [DONE], and the router is told', async () => {
    const { router, gateway } = await edgeWith(beginStream, 0.05);
    const response = await gateway.post(CHAT, streamed);
    const received = await firstOf(router.requests);
    await gateway.stop();
    const text = await response.text();
    expect(text).toMatch(/\n\ndata: \{"error":\{.*"type":"upstream_error".*"code":"shutting_down"\}\}\n\n$/);
    expect(text).not.toContain('[DONE]');
    expect(await received.closed).toBe(false);
  });

  test('a request without an answer is answered 503', async () => {
    const { router, gateway } = await edgeWith(() => {}, 0.05);
    const answer = gateway.post(CHAT, hello);
    await firstOf(router.requests);
    await gateway.stop();
    expect((await answer).status).toBe(503);
    expect(gateway.log).toHaveLength(1);
  });

  test('a client that sends its body too slowly is answered 503', async () => {
    const { router, gateway } = await edgeWith(() => {}, 0.05);
    const client = await rawClient(gateway.address);
    client.send(postText(CHAT, gateway.key, hello).slice(0, -5));
    await gateway.admin('/ready');
    await gateway.stop();
    expect(await client.ended).toMatch(/^HTTP\/1\.1 503 /);
    expect(router.requests).toHaveLength(0);
  });

  test('a client that does not read a stream does not hold it up', async () => {
    const { router, gateway } = await edgeWith((received) => {
      startStream(received);
      received.res.write(contentEvent('x'.repeat(1024)).repeat(20_000));
    }, 0.05);
    const client = await rawClient(gateway.address);
    client.socket.pause();
    client.send(postText(CHAT, gateway.key, streamed));
    await firstOf(router.requests);
    await gateway.stop();
  });

  test('a client that does not read a whole answer does not either', async () => {
    const long = chatBody('x'.repeat(50_000_000));
    const { gateway } = await edgeWith((received) => sendJson(received, 200, long), 0.05);
    const client = await rawClient(gateway.address);
    client.socket.pause();
    client.send(postText(CHAT, gateway.key, hello));
    await eventually(() => expect(gateway.log).toHaveLength(1));
    await gateway.stop();
  });
});

test('before that it is ready', async () => {
  const { gateway } = await edge();
  expect((await gateway.admin('/ready')).status).toBe(200);
});
