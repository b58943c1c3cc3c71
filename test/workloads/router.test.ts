import { describe, expect, test } from 'vitest';
import {
  ask,
  environmentOf,
  fleetHeaders,
  get,
  HOP_KEY,
  startFakeServer,
  startRouter,
  until,
} from './router-support.ts';

const MODEL = 'gpt-oss-120b';
const single = environmentOf({ [MODEL]: { v32: { weight: 100, role: 'stable' } } });
const pair = environmentOf({
  [MODEL]: { v32: { weight: 100, role: 'stable' }, v33: { weight: 0, role: 'canary' } },
  'gpt-oss-20b': { groq: { weight: 100, endpoint: true } },
});

const codeOf = ({ body }: { readonly body: string }): unknown => JSON.parse(body).error.code;

describe('which release', () => {
  test('a pin reaches a release of weight 0', async () => {
    const [stable, canary] = [await startFakeServer(), await startFakeServer()];
    const router = await startRouter(pair, { [`${MODEL}_v32`]: [stable], [`${MODEL}_v33`]: [canary] });
    const unpinned = await ask(router.port, { headers: fleetHeaders(MODEL, { 'x-fleet-pin': '' }) });
    const pinned = await ask(router.port, { headers: fleetHeaders(MODEL, { 'x-fleet-pin': 'v33' }) });
    expect([unpinned, pinned].map(({ headers, body }) => [headers['x-fleet-release'], body])).toEqual([
      ['v32', String(stable.port)],
      ['v33', String(canary.port)],
    ]);
  });

  test.each([
    ['release', fleetHeaders(MODEL, { 'x-fleet-pin': 'v99' }), 'release_not_found'],
    ['release of another model', fleetHeaders(MODEL, { 'x-fleet-pin': 'groq' }), 'release_not_found'],
    ['model', fleetHeaders('gpt-5'), 'model_not_found'],
  ])('an unknown %s is refused', async (_, headers, code) => {
    const server = await startFakeServer();
    const router = await startRouter(pair, { [`${MODEL}_v32`]: [server] });
    const answer = await ask(router.port, { headers });
    expect([answer.status, codeOf(answer)]).toEqual([404, code]);
    expect(server.requests).toEqual([]);
  });
});

describe('what goes on', () => {
  const secrets = {
    authorization: 'Bearer client',
    cookie: 'a=b',
    'x-fleet-conversation': 'c1',
    'x-request-id': 'req-1',
  };

  test('own nodes see neither keys nor what only the router needs', async () => {
    const server = await startFakeServer();
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] });
    await ask(router.port, { headers: fleetHeaders(MODEL, { ...secrets, 'x-fleet-pin': 'v32' }) });
    const [headers = {}] = server.requests;
    expect(headers['x-request-id']).toBe('req-1');
    expect(Object.keys(headers).filter((name) => /^x-fleet|authorization|cookie/.test(name))).toEqual([]);
    expect(JSON.stringify(headers)).not.toContain(HOP_KEY);
  });

  test('the egress gets the model, the release and the hop key, but no client key', async () => {
    const egress = await startFakeServer();
    const router = await startRouter(pair, {}, `127.0.0.1:${egress.port}`);
    await ask(router.port, { headers: fleetHeaders('gpt-oss-20b', secrets) });
    expect(egress.requests[0]).toMatchObject({
      'x-fleet-model': 'gpt-oss-20b',
      'x-fleet-release': 'groq',
      'x-fleet-hop-key': HOP_KEY,
      'x-request-id': 'req-1',
    });
    expect(egress.requests[0]).not.toHaveProperty('authorization');
  });

  test('a url release is asked by its own host name', async () => {
    const server = await startFakeServer();
    const url = `http://127.0.0.1:${server.port}`;
    const router = await startRouter(environmentOf({ [MODEL]: { lab: { weight: 100, url } } }), {
      [`${MODEL}_lab`]: [server],
    });
    await ask(router.port, { headers: fleetHeaders(MODEL) });
    expect(server.requests[0]?.host).toBe(`127.0.0.1:${server.port}`);
  });
});

describe('what comes back', () => {
  test('the release, the server and the request id, once, whatever the server says of them', async () => {
    const server = await startFakeServer((_, outgoing) => {
      const lies = { 'x-fleet-release': 'lie', 'x-fleet-server': 'lie', 'x-request-id': 'lie' };
      outgoing.writeHead(429, { ...lies, 'x-fleet-unsent': '1', 'retry-after': '7' }).end('{}');
    });
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] });
    const answer = await ask(router.port, { headers: fleetHeaders(MODEL, { 'x-request-id': 'req-2' }) });
    expect(answer).toMatchObject({
      status: 429,
      headers: {
        'x-fleet-release': 'v32',
        'x-fleet-server': `127.0.0.1:${server.port}`,
        'x-request-id': 'req-2',
        'retry-after': '7',
      },
    });
    expect(answer.headers).not.toHaveProperty('x-fleet-unsent');
    expect(answer.headers).not.toHaveProperty('x-should-retry');
  });

  test('a request id of nginx where none, or none that is fit for a log, was given', async () => {
    const server = await startFakeServer();
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] });
    const answer = await ask(router.port, { headers: fleetHeaders(MODEL, { 'x-request-id': 'a b"c' }) });
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f]{32}$/);
  });

  test('an endpoint that the egress could not reach is marked unsent', async () => {
    const egress = await startFakeServer((_, outgoing) =>
      outgoing.writeHead(502, { 'x-fleet-unsent': '1' }).end('{}'),
    );
    const router = await startRouter(pair, {}, `127.0.0.1:${egress.port}`);
    const answer = await ask(router.port, { headers: fleetHeaders('gpt-oss-20b') });
    expect(answer.headers).toMatchObject({ 'x-fleet-unsent': '1', 'x-fleet-release': 'groq' });
  });

  test('the log knows the way of a request but neither keys nor text', async () => {
    const server = await startFakeServer();
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] });
    const headers = fleetHeaders(MODEL, { 'x-request-id': 'req-3', authorization: 'Bearer sk-client' });
    await ask(router.port, { headers, body: '{"prompt":"confidential"}' });
    await until('the request is logged', () => router.log().length > 0);
    expect(router.log()[0]).toMatchObject({
      request: 'req-3',
      model: MODEL,
      release: 'v32',
      server: `127.0.0.1:${server.port}`,
      status: 200,
      completion: 'OK',
      version: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
    expect(JSON.stringify(router.log())).not.toMatch(/confidential|sk-client|Hop\+key|conversation-1/);
  });

  test('the admin server says what is loaded', async () => {
    const router = await startRouter(single, {});
    const version = await get(router.adminPort, '/version');
    expect(JSON.parse(version.body)).toEqual({
      version: expect.stringMatching(/^[0-9a-f]{12}$/),
      servers: 'tag',
    });
    expect((await get(router.adminPort, '/stub_status')).body).toMatch(/^Active connections: \d+/);
  });
});
