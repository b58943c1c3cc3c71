import { describe, expect, test } from 'vitest';
import { redisServer } from '../../../support/redis.ts';
import { seeded } from '../../../support/seeded.ts';
import { chat } from '../support/answers.ts';
import { errorOf, hello } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import { fakeUpstream, type Respond } from '../support/fake-upstream.ts';
import { type Instance, instances } from '../support/instances.ts';
import { sampleOf, usage } from '../support/ledger-program.ts';

const MOST_TOKENS = 10_000;
const body = { ...hello, max_tokens: MOST_TOKENS };
/** Pico-dollars per token of the configuration that the instances run with. */
const [INPUT, OUTPUT] = [150_000, 600_000];
/** As `needOf` says: a byte a token and the template, the whole cap. */
const RESERVATION = (JSON.stringify(body).length + 256) * INPUT + MOST_TOKENS * OUTPUT;

/** Answers with up to as many tokens as were asked for, and keeps its own account of what that costs. */
function upstream(): { readonly respond: Respond; spent: () => number; calls: () => number } {
  const random = seeded(200);
  let spent = 0;
  let calls = 0;
  return {
    respond(received) {
      const completion = Math.ceil(random() * MOST_TOKENS);
      calls += 1;
      spent += 100 * INPUT + completion * OUTPUT;
      setTimeout(() => chat(['a'], usage(100, undefined, completion))(received), random() * 20);
    },
    spent: () => spent,
    calls: () => calls,
  };
}

/** Sends that many at once, spread over the instances. */
async function wave(all: readonly Instance[], count: number): Promise<Response[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const response = await (all[index % all.length] as Instance).post(body);
      await response.clone().arrayBuffer();
      return response;
    }),
  );
}

const left = async (instance: Instance) =>
  sampleOf(await instance.metrics(), 'oss_budget_left_usd{key="team-a",period="day"}');

describe('four gateways share one Redis', () => {
  test('in a race of 200 requests at a time the budget is exceeded by one reservation at most', async () => {
    const budget = 0.1;
    const { address } = await redisServer();
    const account = upstream();
    const router = await fakeUpstream(account.respond);
    const all = await instances(4, router.url, { usdPerDay: budget }, { address, whenUnavailable: 'refuse' });
    const answers: Response[] = [];
    do answers.push(...(await wave(all, 200)));
    while (answers.slice(-200).some(({ status }) => status === 200));
    const kinds = await Promise.all(
      answers.map(async (answer) => (answer.ok ? 'answered' : (await errorOf(answer.clone())).code)),
    );
    // The third: what is left is reserved for requests under way.
    const expected = ['answered', 'insufficient_quota', 'rate_limit_exceeded'];
    expect(kinds.filter((kind) => !expected.includes(String(kind)))).toEqual([]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(account.calls());
    expect(account.spent()).toBeGreaterThanOrEqual(budget * 1e12);
    expect(account.spent()).toBeLessThanOrEqual(budget * 1e12 + RESERVATION);
    expect(await errorOf(answers.at(-1) as Response)).toMatchObject({ code: 'insufficient_quota' });
    for (const instance of all) expect(await left(instance)).toBeCloseTo(budget - account.spent() / 1e12, 11);
  });

  test('slots are counted over all of them', async () => {
    const { address } = await redisServer();
    const router = await fakeUpstream(() => undefined);
    const all = await instances(4, router.url, { parallel: 10 }, { address, whenUnavailable: 'refuse' });
    const refused: number[] = [];
    const open = Array.from({ length: 40 }, async (_, index) => {
      const { status } = await (all[index % 4] as Instance).post(body);
      if (status === 429) refused.push(index);
    });
    await eventually(() => {
      expect(refused).toHaveLength(30);
      expect(router.requests).toHaveLength(10);
    });
    for (const received of router.requests) chat(['a'])(received);
    await Promise.all(open);
  });
});

describe('Redis is killed and comes back', () => {
  test('serve: requests go on, each gateway by itself, and what they cost meanwhile is booked afterwards', async () => {
    const redis = await redisServer();
    const account = upstream();
    const router = await fakeUpstream(account.respond);
    const all = await instances(
      2,
      router.url,
      { usdPerDay: 5 },
      { address: redis.address, whenUnavailable: 'serve' },
    );
    const statuses: number[] = [];
    const run = async () => statuses.push(...(await wave(all, 20)).map(({ status }) => status));
    await run();
    const during = run();
    await redis.kill();
    await during;
    await run();
    const [first] = all as [Instance, ...Instance[]];
    expect(sampleOf(await first.metrics(), 'fleet_redis_up{use="limits"}')).toBe(0);
    await redis.start();
    for (const each of all)
      await eventually(async () => {
        const metrics = await each.metrics();
        expect(sampleOf(metrics, 'fleet_redis_up{use="limits"}')).toBe(1);
        expect(sampleOf(metrics, 'fleet_limit_bookings_waiting')).toBe(0);
      });
    await run();
    expect(new Set(statuses)).toEqual(new Set([200]));
    const booked = async () => Number(await redis.ask('HGET', 'fleet:{test:team-a}:account', 'spentDay'));
    await eventually(async () => expect(await booked()).toBe(account.spent()));
    expect(first.stdout().match(/"redis_down"/g)).toHaveLength(1);
  });

  test('refuse: a clear 503 at once, and service again by itself', async () => {
    const redis = await redisServer();
    const router = await fakeUpstream(chat(['a']));
    const all = await instances(
      1,
      router.url,
      { usdPerDay: 5 },
      { address: redis.address, whenUnavailable: 'refuse' },
    );
    const [gateway] = all as [Instance];
    expect((await gateway.post(body)).status).toBe(200);
    await redis.kill();
    const refused = await gateway.post(body);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await errorOf(refused)).toMatchObject({ code: 'limits_unavailable' });
    expect(sampleOf(await gateway.metrics(), 'oss_limit_refusals_total{reason="unavailable"}')).toBe(1);
    await redis.start();
    await eventually(async () => expect((await gateway.post(body)).status).toBe(200));
  });

  test('one that hangs holds requests up for half a second at most, and nothing piles up behind it', async () => {
    const redis = await redisServer();
    const router = await fakeUpstream(chat(['a']));
    const all = await instances(
      1,
      router.url,
      { usdPerDay: 5 },
      { address: redis.address, whenUnavailable: 'serve' },
    );
    const [gateway] = all as [Instance];
    redis.signal('SIGSTOP');
    const begin = performance.now();
    expect((await wave(all, 20)).map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(performance.now() - begin).toBeLessThan(5_000);
    const later = performance.now();
    await wave(all, 20);
    expect(performance.now() - later).toBeLessThan(500);
    redis.signal('SIGCONT');
    await eventually(async () =>
      expect(sampleOf(await gateway.metrics(), 'fleet_redis_up{use="limits"}')).toBe(1),
    );
  });
});
