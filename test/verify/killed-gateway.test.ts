import { once } from 'node:events';
import { expect, test } from 'vitest';
import { chat } from '../services/gateway/support/answers.ts';
import { errorOf, hello } from '../services/gateway/support/edge.ts';
import { eventually } from '../services/gateway/support/eventually.ts';
import { fakeUpstream } from '../services/gateway/support/fake-upstream.ts';
import { type Instance, instances } from '../services/gateway/support/instances.ts';
import { redisServer } from '../support/redis.ts';

const LEASE_SECONDS = 2;
const body = { ...hello, max_tokens: 10_000 };
const ACCOUNT = 'fleet:{test:team-a}';

test('what a killed gateway held is let go after its lease, what a living one holds is not', async () => {
  const redis = await redisServer();
  const router = await fakeUpstream((received) =>
    router.requests.length > 4 ? chat(['a'])(received) : undefined,
  );
  const [killed, living] = (await instances(
    2,
    router.url,
    { parallel: 4, usdPerDay: 100 },
    { address: redis.address, whenUnavailable: 'refuse', leaseSeconds: LEASE_SECONDS },
  )) as [Instance, Instance];
  const leases = async () => Number(await redis.ask('ZCARD', `${ACCOUNT}:leases`));
  const reserved = async () => Number(await redis.ask('HGET', `${ACCOUNT}:account`, 'reserved'));
  const held = [killed, killed, living, living].map((instance) =>
    instance.post(body).then(
      ({ status }) => status,
      () => 'broken off' as const,
    ),
  );
  await eventually(async () => {
    expect(await leases()).toBe(4);
    expect(router.requests).toHaveLength(4);
  });
  const whole = await reserved();
  const exit = once(killed.child, 'exit');
  killed.child.kill('SIGKILL');
  const died = performance.now();
  await exit;

  const refused = await living.post(body);
  expect(refused.status).toBe(429);
  expect((await errorOf(refused)).code).toBe('rate_limit_exceeded');

  await eventually(async () => expect((await living.post(body)).status).toBe(200), 60_000);
  expect(performance.now() - died).toBeGreaterThan((LEASE_SECONDS * 1_000) / 3);
  // Taken at the same time, those of the living one would be over too, had it not renewed them.
  expect([await leases(), await reserved()]).toEqual([2, whole / 2]);
  for (const received of router.requests.slice(0, 4)) if (!received.res.closed) chat(['a'])(received);
  expect(await Promise.all(held)).toEqual(['broken off', 'broken off', 200, 200]);
  await eventually(async () => expect([await leases(), await reserved()]).toEqual([0, 0]));
});
