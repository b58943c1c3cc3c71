import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import {
  ask,
  environmentOf,
  fleetHeaders,
  freePort,
  startFakeServer,
  startRouter,
  until,
} from './router-support.ts';

const MODEL = 'gpt-oss-120b';
const single = environmentOf({ [MODEL]: { v32: { weight: 100, role: 'stable' } } });

const codeOf = ({ body }: { readonly body: string }): unknown => JSON.parse(body).error.code;

describe('when a server fails', () => {
  test('a release without servers answers 503, marked unsent, to be asked again in a second', async () => {
    const router = await startRouter(single, {});
    const answer = await ask(router.port, { headers: fleetHeaders(MODEL) });
    expect([answer.status, codeOf(answer)]).toEqual([503, 'release_unavailable']);
    expect(answer.headers).toMatchObject({
      'x-fleet-unsent': '1',
      'x-fleet-release': 'v32',
      'retry-after': '1',
    });
    expect(answer.headers).not.toHaveProperty('x-fleet-server');
  });

  test.each([
    ['one server that refuses', [0]],
    ['two servers that refuse', [0, 0]],
  ])('a release with %s answers 502, marked unsent', async (_, ports) => {
    const servers = await Promise.all(
      ports.map(async () => ({ address: '127.0.0.1', port: await freePort() })),
    );
    const router = await startRouter(single, { [`${MODEL}_v32`]: servers });
    const answer = await ask(router.port, { headers: fleetHeaders(MODEL) });
    expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream_unreachable']);
    expect(answer.headers).toMatchObject({ 'x-fleet-unsent': '1', 'x-fleet-release': 'v32' });
    expect(answer.headers).not.toHaveProperty('x-fleet-server');
    expect(answer.headers).not.toHaveProperty('x-should-retry');
  });

  test('another server of the release takes a request that could not be sent', async () => {
    const [first, second] = [await startFakeServer(), await startFakeServer()];
    const router = await startRouter(single, { [`${MODEL}_v32`]: [first, second] });
    const { body } = await ask(router.port, { headers: fleetHeaders(MODEL) });
    const [owner, other] = body === String(first.port) ? [first, second] : [second, first];
    await owner.stop();
    const answer = await ask(router.port, { headers: fleetHeaders(MODEL) });
    expect(answer).toMatchObject({
      status: 200,
      body: String(other.port),
      headers: { 'x-fleet-server': `127.0.0.1:${other.port}` },
    });
  });

  test.each([
    ['at once', 0],
    ['after 3 MiB of body', 3 * 1024 * 1024],
  ])('a server that dies %s was sent the request: 502, no unsent mark, no second try', async (_, size) => {
    const die = await Promise.all(
      [0, 1].map(() =>
        startFakeServer((incoming) => {
          incoming.resume().on('end', () => incoming.socket.destroy());
        }),
      ),
    );
    const router = await startRouter(single, { [`${MODEL}_v32`]: die });
    let sent = 0;
    for (let index = 0; index < 20; index += 1) {
      const headers = fleetHeaders(MODEL, {
        'x-request-id': `id-${index}`,
        'x-fleet-routing-key': `k${index}`,
      });
      const answer = await ask(router.port, { headers, body: Buffer.alloc(size, 'x') });
      if (answer.headers['x-fleet-unsent'] === '1') continue;
      sent += 1;
      expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream_failed']);
      expect(answer.headers['x-should-retry']).toBe('false');
    }
    const arrived = die.flatMap(({ requests }) => requests.map((headers) => headers['x-request-id']));
    expect(sent).toBeGreaterThan(0);
    expect(arrived).toHaveLength(sent);
    expect(new Set(arrived).size).toBe(sent);
  });

  test.each([500, 503, 429, 400, 404])(
    'its own answer %i is passed on and not tried again',
    async (status) => {
      const servers = await Promise.all(
        [0, 1].map(() =>
          startFakeServer((incoming, outgoing) => {
            incoming.resume().on('end', () => outgoing.writeHead(status).end('own words'));
          }),
        ),
      );
      const router = await startRouter(single, { [`${MODEL}_v32`]: servers });
      const answer = await ask(router.port, { headers: fleetHeaders(MODEL) });
      expect(answer).toMatchObject({ status, body: 'own words' });
      expect(servers.flatMap(({ requests }) => requests)).toHaveLength(1);
    },
  );

  test('a server that does not answer in time was sent the request: 504, no unsent mark', async () => {
    const server = await startFakeServer((incoming) => incoming.resume());
    const impatient = (text: string) => text.replace('proxy_read_timeout 600s', 'proxy_read_timeout 200ms');
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] }, undefined, impatient);
    const answer = await ask(router.port, { headers: fleetHeaders(MODEL) });
    expect([answer.status, codeOf(answer)]).toEqual([504, 'upstream_timeout']);
    expect(answer.headers).toMatchObject({
      'x-should-retry': 'false',
      'x-fleet-server': `127.0.0.1:${server.port}`,
    });
    expect(answer.headers).not.toHaveProperty('x-fleet-unsent');
    expect(server.requests).toHaveLength(1);
  });

  test('the only server of a release is asked again the moment that it is back', async () => {
    const server = await startFakeServer();
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] });
    await server.stop();
    for (let index = 0; index < 20; index += 1)
      expect((await ask(router.port, { headers: fleetHeaders(MODEL) })).status).toBe(502);
    server.server.listen(server.port, '127.0.0.1');
    await once(server.server, 'listening');
    expect((await ask(router.port, { headers: fleetHeaders(MODEL) })).status).toBe(200);
  });

  test('passive health takes it out: later requests do not wait for it', async () => {
    const [gone, alive] = [await startFakeServer(), await startFakeServer()];
    await gone.stop();
    const router = await startRouter(single, { [`${MODEL}_v32`]: [gone, alive] });
    for (let index = 0; index < 100; index += 1) {
      const headers = fleetHeaders(MODEL, { 'x-fleet-routing-key': `key-${index}` });
      expect((await ask(router.port, { headers })).status).toBe(200);
    }
    await until('all are logged', () => router.log().length === 100);
    const tries = router
      .log()
      .filter(({ upstreamAddress }) => String(upstreamAddress).includes(`:${gone.port}`));
    expect(tries).toHaveLength(3);
  });
});

describe('a stream', () => {
  test('passes each event on at once', async () => {
    const gate = { next: () => {} };
    const server = await startFakeServer(async (_, outgoing) => {
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let index = 0; index < 5; index += 1) {
        const seen = new Promise<void>((resolve) => {
          gate.next = resolve;
        });
        outgoing.write(`data: ${index}\n\n`);
        await seen;
      }
      outgoing.end();
    });
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] });
    const sent = request({
      ...{ port: router.port, method: 'POST', path: '/v1/responses', agent: false },
      headers: fleetHeaders(MODEL),
    });
    sent.end('{}');
    const [response] = await once(sent, 'response');
    const events: string[] = [];
    for await (const chunk of response.setEncoding('utf8')) {
      events.push(chunk);
      gate.next();
    }
    expect(events).toEqual([0, 1, 2, 3, 4].map((index) => `data: ${index}\n\n`));
  });

  test.each([
    ['before the first byte', false],
    ['in the middle', true],
  ])('that the client leaves %s ends at the server', async (_, begun) => {
    const closed = { atServer: false };
    const server = await startFakeServer((incoming, outgoing) => {
      outgoing.on('close', () => {
        closed.atServer = true;
      });
      incoming.resume();
      if (begun) outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    });
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] });
    const sent = request({
      ...{ port: router.port, method: 'POST', path: '/v1/completions', agent: false },
      headers: fleetHeaders(MODEL),
    });
    const answered = once(sent, 'response').catch(() => {});
    sent.end('{}');
    await until('the server has the request', () => server.requests.length === 1);
    if (begun) await answered;
    sent.destroy();
    await until('the server sees the client leave', () => closed.atServer);
  });

  test('that breaks is not made to look complete', async () => {
    const server = await startFakeServer((incoming, outgoing) => {
      incoming.resume();
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' });
      outgoing.write('data: 1\n\n', () => incoming.socket.destroy());
    });
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] });
    await expect(ask(router.port, { headers: fleetHeaders(MODEL) })).rejects.toThrow(
      /aborted|reset|hang up/i,
    );
    expect(server.requests).toHaveLength(1);
  });
});
