import { expect, onTestFinished, test } from 'vitest';
import type { EdgeConfig } from '../../../../contracts/gateway-config.ts';
import { redisServer } from '../../../support/redis.ts';
import { CHAT } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import type { Started } from '../support/start.ts';
import { dialogue } from './support/dialogue.ts';
import { compressing, MAIN, SUMMARIZER, scripted, summarizing } from './support/fleet.ts';

const long = { model: MAIN, messages: dialogue(30, 1000) };
/** A summariser that never says the same twice. */
const moody = () => summarizing((index) => `Facts: answer ${index}.`);

function redisOf(port: number): Partial<EdgeConfig> {
  return { redis: { address: `127.0.0.1:${port}`, tls: false, whenUnavailable: 'serve' } };
}

async function connected(gateway: Started): Promise<void> {
  await eventually(() =>
    expect(gateway.log).toContainEqual(expect.objectContaining({ event: 'redis_up', for: 'summaries' })),
  );
}

async function pair(): Promise<{
  servers: Awaited<ReturnType<typeof scripted>>;
  gateways: readonly Started[];
  redis: Awaited<ReturnType<typeof redisServer>>;
}> {
  const redis = await redisServer();
  const servers = await scripted(moody());
  const gateways = [
    await compressing(servers, {}, redisOf(redis.port)),
    await compressing(servers, {}, redisOf(redis.port)),
  ];
  await Promise.all(gateways.map(connected));
  return { servers, gateways, redis };
}

test('what one gateway summarised another one finds', async () => {
  const { servers, gateways } = await pair();
  for (const gateway of gateways) await gateway.post(CHAT, long);
  expect(servers.sentTo(SUMMARIZER)).toHaveLength(3);
  const [first, second] = servers.sentTo(MAIN).map(({ body }) => body.toString());
  expect(second).toBe(first);
});

test('where both summarise at the same time the first that writes decides, and both send the same bytes', async () => {
  const { servers, gateways } = await pair();
  await Promise.all(gateways.map((gateway) => gateway.post(CHAT, long)));
  const bodies = servers.sentTo(MAIN).map(({ body }) => body.toString());
  expect(bodies).toHaveLength(2);
  expect(new Set(bodies).size).toBe(1);
});

test('a gateway that starts again finds its summaries', async () => {
  const { servers, gateways, redis } = await pair();
  await gateways[0]?.post(CHAT, long);
  const restarted = await compressing(servers, {}, redisOf(redis.port));
  await connected(restarted);
  const response = await restarted.post(CHAT, long);
  expect(response.headers.get('x-fleet-compression')).toMatch(/^hit;/);
});

test('without Redis a gateway goes on with what it knows itself, and counts that', async () => {
  const { servers, gateways, redis } = await pair();
  const [gateway] = gateways;
  if (gateway === undefined) throw new Error('no gateway');
  await gateway.post(CHAT, long);
  await redis.kill();
  onTestFinished(() => redis.kill());
  const response = await gateway.post(CHAT, long);
  expect(response.headers.get('x-fleet-compression')).toMatch(/^hit;/);
  expect(servers.sentTo(SUMMARIZER)).toHaveLength(3);
  expect((await gateway.metrics()).text).toMatch(/^oss_compression_store_missed_total 3$/m);
});

test('what was summarised without Redis is shared when it is back', async () => {
  const { servers, gateways, redis } = await pair();
  const [gateway, other] = gateways;
  if (gateway === undefined || other === undefined) throw new Error('no gateways');
  await redis.kill();
  await gateway.post(CHAT, long);
  await redis.start();
  const ups = ({ log }: Started) =>
    log.filter(({ event, for: whose }) => event === 'redis_up' && whose === 'summaries');
  await eventually(() => expect(gateways.map((each) => ups(each).length)).toEqual([2, 2]));
  await gateway.post(CHAT, long);
  const response = await other.post(CHAT, long);
  expect(response.headers.get('x-fleet-compression')).toMatch(/^hit;/);
  expect(servers.sentTo(MAIN).at(-1)?.body.toString()).toBe(servers.sentTo(MAIN)[0]?.body.toString());
});
