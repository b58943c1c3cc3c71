import { describe, expect, test } from 'vitest';
import { chat, contentEvent, sendJson, startStream } from '../support/answers.ts';
import { CHAT, hello } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import type { Respond } from '../support/fake-upstream.ts';
import { postText, rawClient } from '../support/raw-client.ts';
import type { Started } from '../support/start.ts';
import { type Limited, limited, refusals, USAGE } from './limited.ts';

const streamed = { ...hello, stream: true };

describe('parallel requests: the slot comes back', () => {
  const hang: Respond = () => undefined;
  const half: Respond = (received) => {
    startStream(received);
    received.res.write(contentEvent('word'));
  };

  test('while it is taken others are refused', async () => {
    const { gateway, router } = await limited({ parallel: 1 }, { respond: hang });
    void gateway.post(CHAT, hello).catch(() => undefined);
    await eventually(() => expect(router.requests).toHaveLength(1));
    const refused = await gateway.post(CHAT, hello);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refusals(gateway, 'parallel')).toBe(1);
    expect((await gateway.metrics()).value('oss_reservations')).toBe(1);
  });

  /** Makes one request end in its way. */
  const endings: [string, Respond, (limited: Limited) => Promise<unknown>][] = [
    ['an answer', chat(['a'], USAGE), async ({ gateway }) => (await gateway.post(CHAT, hello)).text()],
    ['a stream', chat(['a'], USAGE), async ({ gateway }) => (await gateway.post(CHAT, streamed)).text()],
    [
      'an error of the server',
      (received) => sendJson(received, 400, '{"error":{}}'),
      async ({ gateway }) => (await gateway.post(CHAT, hello)).text(),
    ],
    [
      'a client that leaves before the answer',
      hang,
      ({ gateway, router }) => leave(gateway, hello, () => expect(router.requests).toHaveLength(1)),
    ],
    ['a client that leaves in mid-stream', half, ({ gateway }) => leave(gateway, streamed, 'word')],
    [
      'a stream that is cut',
      (received) => {
        startStream(received);
        received.res.write(contentEvent('word'), () => received.socket.destroy());
      },
      async ({ gateway }) => (await gateway.post(CHAT, streamed)).text(),
    ],
    [
      'an answer that is cut',
      (received) => void received.socket.destroy(),
      async ({ gateway }) => (await gateway.post(CHAT, hello)).text(),
    ],
    [
      'no server at all',
      hang,
      async ({ gateway, router }) => {
        await router.close();
        expect((await gateway.post(CHAT, hello)).status).toBe(502);
      },
    ],
    [
      'a pin that is not allowed',
      hang,
      async ({ gateway }) => gateway.post(CHAT, hello, { 'x-fleet-release': 'v1' }),
    ],
  ];

  test.each(endings)('after %s', async (_case, respond, end) => {
    const all = await limited({ parallel: 1, usdPerDay: 1 }, { respond });
    await end(all);
    await eventually(async () => {
      const metrics = await all.gateway.metrics();
      expect([metrics.value('oss_reservations'), metrics.value('oss_reserved_usd')]).toEqual([0, 0]);
    });
  });

  async function leave(gateway: Started, body: unknown, when: string | (() => void)): Promise<void> {
    const client = await rawClient(gateway.address);
    client.send(postText(CHAT, gateway.key, body));
    if (typeof when === 'string') await client.until(when);
    else await eventually(when);
    client.socket.destroy();
  }
});
