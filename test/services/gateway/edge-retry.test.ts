import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { chat, chatBody, sendJson } from './support/answers.ts';
import { CHAT, edge, errorOf, hello } from './support/edge.ts';
import { fakeUpstream, type Respond } from './support/fake-upstream.ts';
import { edgeConfig, type Started, start } from './support/start.ts';

const unsent: Respond = (received) =>
  sendJson(received, 502, '{"error":{"message":"no server","type":"x","param":null,"code":502}}', {
    'x-fleet-unsent': '1',
  });

/** Answers with these in turn, then with the last one for ever. */
function inTurn(...turns: readonly Respond[]): Respond {
  let turn = 0;
  return (received) => {
    turns[Math.min(turn, turns.length - 1)]?.(received);
    turn += 1;
  };
}

async function retries(gateway: Started): Promise<Record<string, number | undefined>> {
  const metrics = await gateway.metrics();
  const reasons = ['unsent', 'refused'];
  return Object.fromEntries(
    reasons.map((reason) => [reason, metrics.value(`oss_retries_total{reason="${reason}"}`)]),
  );
}

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('a request is sent again', () => {
  test('if the router marks it unsent', async () => {
    const { gateway, router } = await edge(inTurn(unsent, unsent, chat(['hi'])));
    expect((await gateway.post(CHAT, hello)).status).toBe(200);
    expect(router.requests).toHaveLength(3);
    expect(new Set(router.requests.map(({ id }) => id)).size).toBe(1);
    expect(await retries(gateway)).toEqual({ unsent: 2, refused: 0 });
  });

  test('if the connection was refused', async () => {
    const port = await freePort();
    let router: Awaited<ReturnType<typeof fakeUpstream>> | undefined;
    const after = (milliseconds: number, task: () => void) => {
      if (router === undefined && milliseconds < 200)
        void fakeUpstream(chat(['hi']), { port }).then((started) => {
          router = started;
          task();
        });
      return () => {};
    };
    const gateway = await start(edgeConfig(`http://127.0.0.1:${port}`), { after });
    expect((await gateway.post(CHAT, hello)).status).toBe(200);
    expect(router?.requests).toHaveLength(1);
    expect(await retries(gateway)).toEqual({ unsent: 0, refused: 1 });
  });

  test('at most twice, after waits that grow and are shortened at random', async () => {
    const waits: number[] = [];
    const after = retriesAtOnce((milliseconds, task) => {
      waits.push(milliseconds);
      const timer = setTimeout(task, 0);
      return () => clearTimeout(timer);
    });
    const router = await fakeUpstream(unsent);
    const gateway = await start(edgeConfig(router.url), { after, random: () => 0.5 });
    const response = await gateway.post(CHAT, hello);
    expect(response.status).toBe(502);
    expect(await errorOf(response)).toMatchObject({ message: 'no server' });
    expect(response.headers.get('x-fleet-unsent')).toBeNull();
    expect(router.requests).toHaveLength(3);
    expect(waits).toEqual([37.5, 75]);
  });

  test('a connection that stays refused is a 502 that says that nothing was sent', async () => {
    const gateway = await start(edgeConfig(`http://127.0.0.1:${await freePort()}`), { random: () => 0.99 });
    const response = await gateway.post(CHAT, hello);
    expect(response.status).toBe(502);
    expect(response.headers.get('x-should-retry')).toBeNull();
    expect(await errorOf(response)).toMatchObject({ type: 'upstream_error', code: 'upstream_unreachable' });
    expect(await retries(gateway)).toEqual({ unsent: 0, refused: 2 });
    const failed = 'oss_requests_total{model="gpt-oss-120b",release="none",code="502"}';
    expect((await gateway.metrics()).value(failed)).toBe(1);
  });
});

describe('a request is never sent twice', () => {
  test.each([502, 503, 504, 500, 429])('on a %i without the mark', async (status) => {
    const { gateway, router } = await edge((received) => sendJson(received, status, '{"error":{}}'));
    expect((await gateway.post(CHAT, hello)).status).toBe(status);
    expect(router.requests).toHaveLength(1);
  });

  test('after a reset on a fresh connection', async () => {
    const { gateway, router } = await edge(({ socket }) => socket.resetAndDestroy());
    expect((await gateway.post(CHAT, hello)).status).toBe(502);
    expect(router.requests).toHaveLength(1);
  });

  test('after a reset before any byte of the answer, on a used connection', async () => {
    const { gateway, router } = await edge(inTurn(chat(['hi']), ({ socket }) => socket.resetAndDestroy()));
    await gateway.post(CHAT, hello);
    const response = await gateway.post(CHAT, hello);
    expect(await errorOf(response)).toMatchObject({ code: 'upstream_cut' });
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(router.requests).toHaveLength(2);
    expect(await retries(gateway)).toEqual({ unsent: 0, refused: 0 });
  });

  test('after a reset within the head of the answer, on a used connection', async () => {
    const partHead: Respond = ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-', () => socket.resetAndDestroy());
    };
    const { gateway, router } = await edge(inTurn(chat(['hi']), partHead));
    await gateway.post(CHAT, hello);
    expect((await gateway.post(CHAT, hello)).status).toBe(502);
    expect(router.requests).toHaveLength(2);
    expect(await retries(gateway)).toEqual({ unsent: 0, refused: 0 });
  });

  test('after the head of the answer', async () => {
    const { gateway, router } = await edge(({ res, socket }) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.flushHeaders();
      setImmediate(() => socket.resetAndDestroy());
    });
    expect((await gateway.post(CHAT, hello)).status).toBe(502);
    expect(router.requests).toHaveLength(1);
  });

  test('because an answer of 200 bears the mark', async () => {
    const { gateway, router } = await edge((received) =>
      sendJson(received, 200, chatBody('hi'), { 'x-fleet-unsent': '1' }),
    );
    expect((await gateway.post(CHAT, hello)).status).toBe(200);
    expect(router.requests).toHaveLength(1);
  });

  test('in a hundred requests of which every third is reset after it arrived', async () => {
    let count = 0;
    const { gateway, router } = await edge((received) => {
      count += 1;
      if (count % 3 === 0) received.socket.destroySoon();
      else sendJson(received, 200, chatBody('hi'), { connection: 'close' });
    });
    const statuses = await Promise.all(
      Array.from({ length: 100 }, async () => (await gateway.post(CHAT, hello)).status),
    );
    expect(new Set(router.requests.map(({ id }) => id)).size).toBe(router.requests.length);
    expect(statuses.filter((status) => status === 502)).toHaveLength(33);
  });
});

describe('retries stay few', () => {
  const atOnce = (_ms: number, task: () => void) => {
    const timer = setImmediate(task);
    return () => clearImmediate(timer);
  };

  test('in an outage a fifth of the requests is sent again, once what was saved up is gone', async () => {
    const router = await fakeUpstream(unsent);
    const gateway = await start(edgeConfig(router.url, { drainSeconds: 5 }), {
      after: retriesAtOnce(atOnce),
    });
    for (let turn = 0; turn < 100; turn += 1) expect((await gateway.post(CHAT, hello)).status).toBe(502);
    const repeated = router.requests.length - 100;
    expect(repeated).toBeGreaterThan(20);
    expect(repeated).toBeLessThanOrEqual(20 + 100 / 5);
  });

  test('`retry-after` is waited for', async () => {
    const waits: number[] = [];
    const router = await fakeUpstream((received) => {
      if (router.requests.length > 1) return chat(['a'])(received);
      received.res.writeHead(503, { 'x-fleet-unsent': '1', 'retry-after': '1' });
      received.res.end();
    });
    const after = retriesAtOnce((ms: number, task: () => void) => {
      waits.push(ms);
      return atOnce(ms, task);
    });
    const gateway = await start(edgeConfig(router.url), { after });
    expect((await gateway.post(CHAT, hello)).status).toBe(200);
    expect(waits[0]).toBeGreaterThanOrEqual(1_000);
  });

  test('a long `retry-after` is passed on instead', async () => {
    const router = await fakeUpstream(({ res }) => {
      res.writeHead(503, { 'x-fleet-unsent': '1', 'retry-after': '30', 'content-type': 'application/json' });
      res.end('{"error":{"message":"x"}}');
    });
    const gateway = await start(edgeConfig(router.url));
    const response = await gateway.post(CHAT, hello);
    expect(response.headers.get('retry-after')).toBe('30');
    expect(router.requests).toHaveLength(1);
  });
});

/** Puts waits before a retry in hand; longer clocks run as they do. */
function retriesAtOnce(
  wait: (ms: number, task: () => void) => () => void,
): (ms: number, task: () => void) => () => void {
  return (ms, task) => (ms <= 2_200 ? wait(ms, task) : () => {});
}
