import { createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import {
  type Exchange,
  type FailureKind,
  openUpstream,
  type Upstream,
} from '../../../services/gateway/http/upstream.ts';

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

async function listen(onData: (socket: Socket, count: number) => void): Promise<URL> {
  let count = 0;
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => {
      count += 1;
      onData(socket, count);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return new URL(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
}

function send(upstream: Upstream): Promise<FailureKind | 'ok'> {
  return new Promise((resolve) => {
    upstream.send(
      { path: '/', headers: {}, body: Buffer.from('{}') },
      {
        onSent() {},
        onAnswer() {},
        onData() {},
        onEnd: () => resolve('ok'),
        onFailure: resolve,
      },
    );
  });
}

test('a used connection that is reset without a byte of an answer was cut: the request may have been read', async () => {
  const url = await listen((socket, count) => {
    if (count === 1) socket.write(ANSWER);
    else socket.resetAndDestroy();
  });
  const upstream = openUpstream({ url });
  onTestFinished(() => upstream.close());
  expect(await send(upstream)).toBe('ok');
  expect(await send(upstream)).toBe('cut');
});

test('a connection is used no longer than its age, also under constant load', async () => {
  let clock = 0;
  const sockets = new Set<Socket>();
  const url = await listen((socket) => {
    sockets.add(socket);
    clock += 100;
    socket.write(ANSWER);
  });
  const upstream = openUpstream({ url }, { ageMs: 250, now: () => clock });
  onTestFinished(() => upstream.close());
  for (let turn = 0; turn < 6; turn += 1) expect(await send(upstream)).toBe('ok');
  expect(sockets.size).toBe(2);
});

test('silence before an answer is a timeout', async () => {
  const url = await listen(() => {});
  const upstream = openUpstream({ url }, { idleMs: 50 });
  expect(await send(upstream)).toBe('timeout');
});

test('a connection that the server closed while idle is not used again', async () => {
  let closed: Promise<unknown> = Promise.resolve();
  let connections = 0;
  const url = await listen((socket) => {
    connections += 1;
    closed = new Promise((resolve) => socket.on('close', resolve));
    socket.end(ANSWER);
  });
  const upstream = openUpstream({ url });
  onTestFinished(() => upstream.close());
  for (let turn = 0; turn < 3; turn += 1) {
    expect(await send(upstream)).toBe('ok');
    await closed;
  }
  expect(connections).toBe(3);
});

test('a name that does not resolve is unreachable', async () => {
  const upstream = openUpstream({ url: new URL('http://does-not-exist.invalid') });
  expect(await send(upstream)).toBe('unreachable');
});

/** An answer over a connection that is not kept alive, whose reader does not keep up. */
async function pausedAnswer(
  then: (socket: Socket) => void,
): Promise<Exchange & { failure: Promise<FailureKind> }> {
  const head = 'HTTP/1.1 200 OK\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n';
  const url = await listen((socket) => void socket.write(`${head}5\r\nhello\r\n`, () => then(socket)));
  const upstream = openUpstream({ url });
  let fail: (kind: FailureKind) => void;
  const failure = new Promise<FailureKind>((resolve) => {
    fail = resolve;
  });
  return new Promise((resolve) => {
    const exchange = upstream.send(
      { path: '/', headers: {}, body: Buffer.from('{}') },
      {
        onSent() {},
        onAnswer() {},
        onData() {
          exchange.pause();
          resolve(Object.assign(exchange, { failure }));
        },
        onEnd() {},
        onFailure: (kind) => fail(kind),
      },
    );
  });
}

test('a paused answer can be aborted', async () => {
  let closed: Promise<unknown> = Promise.resolve();
  const exchange = await pausedAnswer((socket) => {
    closed = new Promise((resolve) => socket.on('close', resolve));
  });
  exchange.abort();
  await closed;
  await new Promise((resolve) => setImmediate(resolve));
});

test('a paused answer whose connection is reset was cut', async () => {
  let socket: Socket | undefined;
  const exchange = await pausedAnswer((its) => {
    socket = its;
  });
  socket?.resetAndDestroy();
  expect(await exchange.failure).toBe('cut');
});
