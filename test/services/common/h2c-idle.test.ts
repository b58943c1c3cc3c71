import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createH2c } from '../../../services/common/http/h2c.ts';
import { h2Client } from '../gateway/support/h2-client.ts';

const IDLE_MS = 100;
const SETTINGS = frame(4, 0, 0);

function frame(type: number, flags: number, stream: number, payload = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A listener that answers as it is told. */
async function listener(answer: (res: ServerResponse) => void): Promise<number> {
  const h2c = createH2c((_, res) => answer(res), { idleMs: IDLE_MS });
  const server = createServer((socket) => h2c.accept(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test.each([
  ['data on no stream', frame(0, 0, 0, Buffer.from('hi'))],
  ['a ping of three bytes', frame(6, 0, 0, Buffer.alloc(3))],
  ['headers that no table knows', frame(1, 5, 1, Buffer.alloc(5, 0xff))],
  ['a continuation of nothing', frame(9, 4, 1, Buffer.from([0x82]))],
  ['a frame that is too large', Buffer.from('d15519049ae3c23ec2', 'hex')],
])('%s, after settings that were fine, ends the connection', async (_case, bad) => {
  const socket = connect(await listener(() => {}), '127.0.0.1');
  const closed = once(socket.resume(), 'close');
  socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), SETTINGS, bad]));
  await expect(closed).resolves.toEqual([false]);
});

test('a connection on which nothing runs is closed, one with a silent stream is not', async () => {
  const answers: ServerResponse[] = [];
  const port = await listener((res) => void answers.push(res));
  const client = h2Client(`127.0.0.1:${port}`);
  const silent = client.post('/', 'key', '{}');
  const idle = h2Client(`127.0.0.1:${port}`);
  const closed = once(idle.session, 'close');
  const first = performance.now();
  await closed;
  expect(performance.now() - first).toBeGreaterThan(IDLE_MS / 2);
  await once(h2Client(`127.0.0.1:${port}`).session, 'close');
  expect(client.session.closed).toBe(false);
  answers[0]?.end('late');
  expect((await silent.ended).text).toBe('late');
  await once(client.session, 'close');
});
