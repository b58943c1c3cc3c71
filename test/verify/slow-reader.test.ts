import { expect, test } from 'vitest';
import { startStream } from '../services/gateway/support/answers.ts';
import { CHAT, hello } from '../services/gateway/support/edge.ts';
import { eventually } from '../services/gateway/support/eventually.ts';
import { fakeUpstream } from '../services/gateway/support/fake-upstream.ts';
import { pour } from '../services/gateway/support/pour.ts';
import { postText, rawClient } from '../services/gateway/support/raw-client.ts';
import { edgeConfig, egressConfig, start } from '../services/gateway/support/start.ts';
import { WAYS } from '../support/chain.ts';
import { environmentOf, startRouter } from '../workloads/router-support.ts';

const MEGABYTE = 1024 * 1024;
const TOTAL = 400 * MEGABYTE;
/** What the two socket buffers of a connection hold at most on Linux as shipped. */
const KERNEL = 36 * MEGABYTE;

test.each([
  ['gateway, router and server', WAYS.server, 3],
  ['gateway, router, egress and endpoint', WAYS.endpoint, 4],
])(
  'a client that does not read slows the server through %s, and gets everything later',
  async (_way, model, hops) => {
    let written = 0;
    const server = await fakeUpstream((received) => {
      startStream(received);
      pour(received, TOTAL, (bytes) => {
        written = bytes;
      });
    });
    const egress = await start(egressConfig(server.url));
    const environment = environmentOf({
      [WAYS.server]: { v1: { weight: 100, role: 'stable' } },
      [WAYS.endpoint]: { groq: { weight: 100, endpoint: true } },
    });
    const port = Number(new URL(server.url).port);
    const servers = { [`${WAYS.server}_v1`]: [{ address: '127.0.0.1', port }] };
    const router = await startRouter(environment, servers, egress.address);
    const gateway = await start(edgeConfig(`http://127.0.0.1:${router.port}`));

    const client = await rawClient(gateway.address);
    client.send(postText(CHAT, gateway.key, { ...hello, model, stream: true }));
    await client.until('event-stream');
    client.socket.pause();
    let last = -1;
    let unchanged = 0;
    await eventually(() => {
      unchanged = written === last ? unchanged + 1 : 0;
      last = written;
      if (unchanged < 100) throw new Error(`still moving at ${written} bytes`);
    }, 60_000);
    expect(server.requests[0]?.socket.writableNeedDrain).toBe(true);
    expect(written - client.received()).toBeLessThan(hops * KERNEL);

    let received = 0;
    let end = '';
    client.socket.removeAllListeners('data');
    client.socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
      end = (end + chunk.toString('latin1')).slice(-64);
    });
    client.socket.resume();
    await eventually(() => expect(end).toContain('[DONE]'), 120_000);
    expect(client.received() + received).toBeGreaterThan(TOTAL);
    await eventually(() => expect(gateway.log.at(-1)).toMatchObject({ status: 200 }));
  },
  240_000,
);
