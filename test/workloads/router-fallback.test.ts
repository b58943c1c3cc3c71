import { describe, expect, test } from 'vitest';
import { predictServer } from '../../workloads/router-servers.ts';
import {
  type Answer,
  ask,
  environmentOf,
  type FakeServer,
  fleetHeaders,
  freePort,
  type ReleaseSketch,
  startFakeServer,
  startRouter,
  until,
} from './router-support.ts';

const MODEL = 'gpt-oss-120b';
const key = (value: string) => fleetHeaders(MODEL, { 'x-fleet-routing-key': value });
const codeOf = ({ body }: Answer): unknown => JSON.parse(body).error.code;
const outcomeOf = (answer: Answer) => [answer.status, answer.headers['x-fleet-release'] ?? codeOf(answer)];

/** Two releases; all traffic goes to the first. */
const environment = (first: Partial<ReleaseSketch>, second: Partial<ReleaseSketch>) =>
  environmentOf({
    [MODEL]: {
      v32: { weight: 100, role: 'stable', ...first },
      v33: { weight: 0, role: 'canary', ...second },
    },
  });

async function nobody() {
  return { address: '127.0.0.1', port: await freePort() };
}

/** A server that keeps every request until it is told to answer all. */
async function holdingServer(): Promise<FakeServer & { answerAll(): void }> {
  const held: (() => void)[] = [];
  const server = await startFakeServer((incoming, outgoing) => {
    incoming.resume();
    held.push(() => outgoing.end('done'));
  });
  return {
    ...server,
    answerAll() {
      for (const answer of held.splice(0)) answer();
    },
  };
}

describe('a server is given no more than maxConnections at a time', () => {
  const limited = environmentOf({ [MODEL]: { v32: { weight: 100, role: 'stable', maxConnections: 3 } } });

  test('one hot conversation: the first 3 go to its own server, the next to the next on the circle, then 503', async () => {
    const servers = [await holdingServer(), await holdingServer()];
    const router = await startRouter(limited, { [`${MODEL}_v32`]: servers });
    const own = servers.find(({ port }) => predictServer(servers, 'hot')?.port === port);
    const other = servers.find((server) => server !== own);
    const asked: Promise<Answer>[] = [];
    for (const count of [1, 2, 3, 4, 5, 6]) {
      asked.push(ask(router.port, { headers: key('hot') }));
      await until('it arrives', () => servers.flatMap(({ requests }) => requests).length === count);
    }
    expect([own?.requests.length, other?.requests.length]).toEqual([3, 3]);

    const refused = await ask(router.port, { headers: key('hot') });
    expect([refused.status, codeOf(refused)]).toEqual([503, 'release_unavailable']);
    expect(refused.headers).toMatchObject({ 'x-fleet-unsent': '1', 'retry-after': '1' });
    expect(refused.headers).not.toHaveProperty('x-fleet-server');

    for (const server of servers) server.answerAll();
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array(6).fill(200));
  });

  test('a conversation comes back to its server when that has room again', async () => {
    const servers = [await holdingServer(), await holdingServer()];
    const router = await startRouter(limited, { [`${MODEL}_v32`]: servers });
    const own = servers.find(({ port }) => predictServer(servers, 'hot')?.port === port);
    const first = [1, 2, 3, 4].map(() => ask(router.port, { headers: key('hot') }));
    await until('all arrive', () => servers.flatMap(({ requests }) => requests).length === 4);
    for (const server of servers) server.answerAll();
    await Promise.all(first);
    const again = ask(router.port, { headers: key('hot') });
    await until('it arrives', () => own?.requests.length === 4);
    own?.answerAll();
    expect((await again).headers['x-fleet-server']).toBe(`127.0.0.1:${own?.port}`);
  });
});

describe('a request that no server of a release could be given', () => {
  test.each([
    ['all refuse', async () => [await nobody(), await nobody()]],
    ['the only one refuses', async () => [await nobody()]],
    ['there is none', async () => []],
  ])('goes to the fallback: %s', async (_, servers) => {
    const other = await startFakeServer();
    const router = await startRouter(environment({ fallback: { release: 'v33' } }, {}), {
      [`${MODEL}_v32`]: await servers(),
      [`${MODEL}_v33`]: [other],
    });
    const answer = await ask(router.port, { headers: key('a'), body: 'x'.repeat(3 * 1024 * 1024) });
    expect(answer).toMatchObject({
      status: 200,
      body: String(other.port),
      headers: { 'x-fleet-release': 'v33', 'x-fleet-server': `127.0.0.1:${other.port}` },
    });
    expect(answer.headers).not.toHaveProperty('x-fleet-unsent');
    await until('it is logged', () => router.log().length === 1);
    expect(router.log()[0]).toMatchObject({ chosen: 'v32', release: 'v33', status: 200 });
  });

  test('goes to the fallback when the release is full, and only then', async () => {
    const [full, other] = [await holdingServer(), await startFakeServer()];
    const router = await startRouter(environment({ maxConnections: 1, fallback: { release: 'v33' } }, {}), {
      [`${MODEL}_v32`]: [full],
      [`${MODEL}_v33`]: [other],
    });
    const first = ask(router.port, { headers: key('a') });
    await until('the first arrives', () => full.requests.length === 1);
    expect(outcomeOf(await ask(router.port, { headers: key('b') }))).toEqual([200, 'v33']);
    full.answerAll();
    expect(outcomeOf(await first)).toEqual([200, 'v32']);
  });

  test('is refused where the environment names no fallback', async () => {
    const other = await startFakeServer();
    const router = await startRouter(environment({}, {}), {
      [`${MODEL}_v32`]: [await nobody()],
      [`${MODEL}_v33`]: [other],
    });
    const answer = await ask(router.port, { headers: key('a') });
    expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream_unreachable']);
    expect(other.requests).toEqual([]);
  });

  test('is refused if it is pinned: a pin means that release', async () => {
    const other = await startFakeServer();
    const router = await startRouter(environment({ fallback: { release: 'v33' } }, {}), {
      [`${MODEL}_v32`]: [await nobody()],
      [`${MODEL}_v33`]: [other],
    });
    const answer = await ask(router.port, { headers: { ...key('a'), 'x-fleet-pin': 'v32' } });
    expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream_unreachable']);
    expect(other.requests).toEqual([]);
  });

  test('is refused, marked unsent, if the fallback cannot take it either; its fallback is not asked', async () => {
    const both = environment({ fallback: { release: 'v33' } }, { fallback: { release: 'v32' } });
    const dead = await nobody();
    const router = await startRouter(both, { [`${MODEL}_v32`]: [await nobody()], [`${MODEL}_v33`]: [dead] });
    const answer = await ask(router.port, { headers: key('a') });
    expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream_unreachable']);
    expect(answer.headers).toMatchObject({ 'x-fleet-unsent': '1', 'x-fleet-release': 'v33' });
    await until('it is logged', () => router.log().length === 1);
    expect(String(router.log()[0]?.upstreamAddress).split(' : ')).toHaveLength(2);
  });
});

describe('a request that may have arrived never goes to the fallback', () => {
  test.each([
    ['a server that breaks off', 502, (socket: { destroy(): void }) => socket.destroy()],
    ['a server that is silent', 504, () => {}],
  ])('%s', async (_, status, act) => {
    const server = await startFakeServer((incoming) => {
      incoming.resume().on('end', () => act(incoming.socket));
    });
    const other = await startFakeServer();
    const router = await startRouter(
      environment({ fallback: { release: 'v33' } }, {}),
      { [`${MODEL}_v32`]: [server], [`${MODEL}_v33`]: [other] },
      undefined,
      (text) => text.replace('proxy_read_timeout 600s', 'proxy_read_timeout 200ms'),
    );
    const answer = await ask(router.port, { headers: key('a') });
    expect(answer.status).toBe(status);
    expect(answer.headers['x-should-retry']).toBe('false');
    expect(answer.headers).not.toHaveProperty('x-fleet-unsent');
    expect([server.requests.length, other.requests.length]).toEqual([1, 0]);
  });

  test('nor does one that the fallback itself broke off, which is not marked unsent', async () => {
    const other = await startFakeServer((incoming) => {
      incoming.resume().on('end', () => incoming.socket.destroy());
    });
    const router = await startRouter(environment({ fallback: { release: 'v33' } }, {}), {
      [`${MODEL}_v32`]: [await nobody()],
      [`${MODEL}_v33`]: [other],
    });
    const answer = await ask(router.port, { headers: key('a') });
    expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream_failed']);
    expect(answer.headers).not.toHaveProperty('x-fleet-unsent');
    expect(other.requests).toHaveLength(1);
  });

  test('a server cannot send it on by x-accel-redirect', async () => {
    const server = await startFakeServer((incoming, outgoing) => {
      incoming
        .resume()
        .on('end', () => outgoing.writeHead(200, { 'x-accel-redirect': `@${MODEL}_v33` }).end('own'));
    });
    const other = await startFakeServer();
    const router = await startRouter(environment({ fallback: { release: 'v33' } }, {}), {
      [`${MODEL}_v32`]: [server],
      [`${MODEL}_v33`]: [other],
    });
    expect(await ask(router.port, { headers: key('a') })).toMatchObject({ status: 200, body: 'own' });
    expect(other.requests).toEqual([]);
  });
});

describe('between own nodes and a public host', () => {
  /** An egress that could not reach its endpoint: it sends a request on if it was told where to. */
  const unreachable = () =>
    startFakeServer((incoming, outgoing) => {
      const place = incoming.headers['x-fleet-fallback'];
      const redirect = place === undefined ? {} : { 'x-accel-redirect': `@${place}` };
      incoming.resume().on('end', () => {
        outgoing.writeHead(502, { 'x-fleet-unsent': '1', ...redirect }).end('{"error":{"code":"egress"}}');
      });
    });
  const publicFirst = (fallback?: ReleaseSketch['fallback']) =>
    environmentOf({
      [MODEL]: {
        groq: { weight: 100, endpoint: true, fallback },
        v32: { weight: 0, role: 'stable', fallback: { release: 'groq', leavesSite: true } },
      },
    });

  test('prompts leave the site where the environment says so, with what the egress needs', async () => {
    const egress = await startFakeServer();
    const own = environmentOf({
      [MODEL]: {
        v32: { weight: 100, role: 'stable', fallback: { release: 'groq', leavesSite: true } },
        groq: { weight: 0, endpoint: true },
      },
    });
    const router = await startRouter(own, { [`${MODEL}_v32`]: [await nobody()] }, `127.0.0.1:${egress.port}`);
    expect(outcomeOf(await ask(router.port, { headers: key('a') }))).toEqual([200, 'groq']);
    expect(egress.requests[0]).toMatchObject({ 'x-fleet-model': MODEL, 'x-fleet-release': 'groq' });
    expect(egress.requests[0]).not.toHaveProperty('x-fleet-fallback');
  });

  test('own nodes take what could not be sent to a public host, and see nothing of the hop', async () => {
    const [egress, own] = [await unreachable(), await startFakeServer()];
    const router = await startRouter(
      publicFirst({ release: 'v32' }),
      { [`${MODEL}_v32`]: [own] },
      `127.0.0.1:${egress.port}`,
    );
    const answer = await ask(router.port, { headers: key('a'), body: '{"messages":[]}' });
    expect(answer).toMatchObject({ status: 200, body: String(own.port) });
    expect(answer.headers['x-fleet-release']).toBe('v32');
    expect(own.requests[0]?.['content-length']).toBe('15');
    expect(Object.keys(own.requests[0] ?? {}).filter((name) => name.startsWith('x-fleet'))).toEqual([]);
  });

  test('or when the egress is gone', async () => {
    const own = await startFakeServer();
    const router = await startRouter(
      publicFirst({ release: 'v32' }),
      { [`${MODEL}_v32`]: [own] },
      `127.0.0.1:${await freePort()}`,
    );
    expect(outcomeOf(await ask(router.port, { headers: key('a') }))).toEqual([200, 'v32']);
  });

  test('neither back and forth, nor if pinned', async () => {
    const egress = await unreachable();
    const router = await startRouter(
      publicFirst({ release: 'v32' }),
      { [`${MODEL}_v32`]: [await nobody()] },
      `127.0.0.1:${egress.port}`,
    );
    const answer = await ask(router.port, { headers: key('a') });
    expect([answer.status, codeOf(answer)]).toEqual([502, 'upstream_unreachable']);
    expect(answer.headers['x-fleet-unsent']).toBe('1');
    expect(egress.requests).toHaveLength(1);
    const pinned = await ask(router.port, { headers: { ...key('a'), 'x-fleet-pin': 'groq' } });
    expect([pinned.status, codeOf(pinned)]).toEqual([502, 'egress']);
  });

  test('where no fallback is named, the words of the egress are passed on', async () => {
    const egress = await unreachable();
    const router = await startRouter(publicFirst(), {}, `127.0.0.1:${egress.port}`);
    const answer = await ask(router.port, { headers: key('a') });
    expect([answer.status, codeOf(answer)]).toEqual([502, 'egress']);
    expect(egress.requests[0]).not.toHaveProperty('x-fleet-fallback');
  });
});
