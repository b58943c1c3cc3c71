import { expect, test } from 'vitest';
import { startStream } from './support/answers.ts';
import { CHAT, edge, hello } from './support/edge.ts';
import { eventually } from './support/eventually.ts';
import { pour } from './support/pour.ts';
import { postText, rawClient } from './support/raw-client.ts';

const MEGABYTE = 1024 * 1024;
const TOTAL = 200 * MEGABYTE;
/** What four socket buffers hold at most on Linux as shipped: two of 32 MB to receive, two of 4 MB to send. */
const KERNEL = 80 * MEGABYTE;

test.each([
  ['usage is hidden', { ...hello, stream: true }],
  ['nothing is hidden', { ...hello, stream: true, stream_options: { include_usage: true } }],
])('a client that does not read stops the router, and gets everything later (%s)', async (_case, body) => {
  let written = 0;
  const { gateway, router } = await edge((received) => {
    startStream(received);
    pour(received, TOTAL, (bytes) => {
      written = bytes;
    });
  });
  const client = await rawClient(gateway.address);
  client.send(postText(CHAT, gateway.key, body));
  await client.until('event-stream');
  client.socket.pause();

  let last = -1;
  let unchanged = 0;
  await eventually(() => {
    unchanged = written === last ? unchanged + 1 : 0;
    last = written;
    if (unchanged < 40) throw new Error(`still moving at ${written} bytes`);
  });
  expect(written - client.received()).toBeLessThan(KERNEL);
  expect(router.requests[0]?.socket.writableNeedDrain).toBe(true);

  let received = 0;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (chunk) => {
    received += chunk.length;
  });
  client.socket.resume();
  await eventually(() => expect(received).toBeGreaterThan(TOTAL - 16 * MEGABYTE), 25_000);
  await eventually(() => expect(gateway.log[0]).toMatchObject({ status: 200 }));
  expect(gateway.log[0]?.cut).toBeUndefined();
});
