import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { AnswerBody } from '../../../services/gateway/http/answer-body.ts';

/** All that a client gets on one connection, for requests that are sent one after the other. */
async function received(requests: string): Promise<string> {
  const server = createServer((_req, res) => {
    res.writeHead(200, { date: 'today' });
    const body = new AnswerBody(res, { pause() {}, resume() {} });
    body.write(Buffer.from('data: ü\n\n'));
    body.write('');
    body.write(Buffer.alloc(0));
    body.write('data: 漢字\n\n');
    body.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.write(requests);
  return text(client);
}

const CHUNKS = 'a\r\ndata: ü\n\n\r\ne\r\ndata: 漢字\n\n\r\n0\r\n\r\n';

test('HTTP/1.1: each chunk has its length in bytes, none is empty before the last, and the connection goes on', async () => {
  const head = 'HTTP/1.1 200 OK\r\ndate: today\r\n';
  const kept = 'Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nTransfer-Encoding: chunked\r\n\r\n';
  const closed = 'Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n';
  expect(
    await received('GET / HTTP/1.1\r\nhost: a\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'),
  ).toBe(head + kept + CHUNKS + head + closed + CHUNKS);
});

test('HTTP/1.0: the body as it is, to the end of the connection', async () => {
  expect(await received('GET / HTTP/1.0\r\n\r\n')).toBe(
    'HTTP/1.1 200 OK\r\ndate: today\r\nConnection: close\r\n\r\ndata: ü\n\ndata: 漢字\n\n',
  );
});
