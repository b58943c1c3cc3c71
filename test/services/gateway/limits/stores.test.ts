import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Runtime, systemRuntime } from '../../../../services/common/runtime.ts';
import type { Ask, Bounds, Outcome, Standing } from '../../../../services/gateway/limits/account.ts';
import { createRedisStore, type RedisStore } from '../../../../services/gateway/limits/redis-store.ts';
import { createMemoryStore } from '../../../../services/gateway/limits/store.ts';
import { openRedis, type RedisLink } from '../../../../services/gateway/redis/link.ts';
import { redisServer } from '../../../support/redis.ts';
import { seeded } from '../../../support/seeded.ts';
import { eventually } from '../support/eventually.ts';

/** Both kinds of store as the tests use them. */
interface Tried {
  admit(ask: Ask, bounds: Bounds): Promise<Standing>;
  settle(ask: Ask, outcome: Outcome, bounds: Bounds): Promise<Standing>;
}

const KEY = 'team-a';

function inMemory(runtime: Pick<Runtime, 'now' | 'date'>): Tried {
  const store = createMemoryStore(runtime);
  return {
    admit: async (ask, bounds) => store.admit(KEY, ask, bounds),
    settle: async (ask, outcome, bounds) => store.settle(KEY, ask, outcome, bounds),
  };
}

async function linkTo(port: number): Promise<RedisLink> {
  const link = openRedis(
    { host: '127.0.0.1', port, tls: false },
    { runtime: systemRuntime, onChange: () => undefined },
  );
  onTestFinished(() => link.close());
  await eventually(() => expect(link.up).toBe(true));
  return link;
}

function storeOf(link: RedisLink, leaseMs?: number, date = () => new Date()): RedisStore {
  const store = createRedisStore({ link, environment: 'test', runtime: { ...systemRuntime, date }, leaseMs });
  onTestFinished(() => store.close());
  return store;
}

async function inRedis({ date }: Pick<Runtime, 'date'>): Promise<Tried> {
  const { port } = await redisServer();
  const store = storeOf(await linkTo(port), undefined, date);
  return {
    admit: async (ask, bounds) => store.admit(KEY, ask, bounds),
    settle: (ask, outcome, bounds) => store.settle(KEY, ask, outcome, bounds, false),
  };
}

const asking = (picoDollars = 0, tokens = 0): Ask => ({ lease: randomUUID(), tokens, picoDollars });
const used = (picoDollars = 0, tokens = 0): Outcome => ({ tokens, picoDollars, unsent: false });
const UNSENT: Outcome = { tokens: 0, picoDollars: 0, unsent: true };

/** Noon, so that no test meets the end of a day by chance. */
const NOON = Date.parse('2026-11-24T12:00:00Z');

describe.each([
  ['memory', inMemory],
  ['Redis', inRedis],
])('in %s', (_name, open) => {
  const opened = (date = () => new Date(NOON)) => open({ now: () => performance.now(), date });

  test('as many requests as are allowed run in parallel, and one more when one has ended', async () => {
    const store = await opened();
    const asks = [asking(), asking(), asking()];
    const [a, b, c] = [asks[0] ?? asking(), asks[1] ?? asking(), asks[2] ?? asking()];
    expect(await store.admit(a, { parallel: 2 })).toMatchObject({ refused: undefined, parallel: 1 });
    expect(await store.admit(b, { parallel: 2 })).toMatchObject({ refused: undefined, parallel: 2 });
    expect(await store.admit(c, { parallel: 2 })).toMatchObject({ refused: 'parallel', parallel: 2 });
    await store.settle(a, used(), { parallel: 2 });
    expect(await store.admit(c, { parallel: 2 })).toMatchObject({ refused: undefined, parallel: 2 });
  });

  test('a refused request takes nothing of any limit', async () => {
    const store = await opened();
    const bounds: Bounds = { requestsPerMinute: 10, tokensPerMinute: 1_000, parallel: 1, day: 100n };
    const first = await store.admit(asking(10, 5), bounds);
    const refused = await store.admit(asking(10, 5), bounds);
    expect(refused).toMatchObject({ refused: 'parallel', parallel: 1, reserved: 10n });
    expect(refused.requests).toBeLessThanOrEqual(first.requests);
    expect(refused.tokens).toBeLessThanOrEqual(first.tokens);
  });

  test('requests beyond the limit of a minute are refused; one that reached nobody does not count', async () => {
    const store = await opened();
    const bounds = { requestsPerMinute: 2 };
    const a = asking();
    await store.admit(a, bounds);
    await store.admit(asking(), bounds);
    expect(await store.admit(asking(), bounds)).toMatchObject({ refused: 'requests' });
    await store.settle(a, UNSENT, bounds);
    expect(await store.admit(asking(), bounds)).toMatchObject({ refused: undefined });
  });

  test('tokens are reserved, and what was not used comes back', async () => {
    const store = await opened();
    const bounds = { tokensPerMinute: 1_000 };
    const a = asking(0, 5_000);
    expect(await store.admit(a, bounds)).toMatchObject({ refused: undefined });
    expect(await store.admit(asking(0, 1), bounds)).toMatchObject({ refused: 'tokens' });
    await store.settle(a, used(0, 10), bounds);
    expect(await store.admit(asking(0, 1), bounds)).toMatchObject({ refused: undefined });
  });

  test('a budget is exceeded by one reservation at most, and what is left of it can be used to the end', async () => {
    const store = await opened();
    const bounds = { day: 100n };
    const a = asking(60);
    const b = asking(60);
    await store.admit(a, bounds);
    expect(await store.admit(b, bounds)).toMatchObject({ refused: undefined, reserved: 120n });
    expect(await store.admit(asking(1), bounds)).toMatchObject({ refused: 'day' });
    await store.settle(a, used(20), bounds);
    await store.settle(b, used(79), bounds);
    const c = asking(1);
    expect(await store.admit(c, bounds)).toMatchObject({ refused: undefined, spentDay: 99n });
    await store.settle(c, used(1), bounds);
    expect(await store.admit(asking(1), bounds)).toMatchObject({ refused: 'day', spentDay: 100n });
  });

  test('days and months of UTC begin anew, each for itself', async () => {
    let now = Date.parse('2026-11-29T23:59:59Z');
    const store = await opened(() => new Date(now));
    const bounds = { day: 10n, month: 15n };
    const spend = async () => {
      const ask = asking(10);
      const { refused } = await store.admit(ask, bounds);
      if (refused === undefined) await store.settle(ask, used(10), bounds);
      return refused;
    };
    expect([await spend(), await spend()]).toEqual([undefined, 'day']);
    now = Date.parse('2026-11-30T00:00:00Z');
    expect([await spend(), await spend()]).toEqual([undefined, 'day']);
    now = Date.parse('2026-11-30T23:59:59Z');
    expect(await store.admit(asking(), { month: 15n })).toMatchObject({ refused: 'month', spentMonth: 20n });
    now = Date.parse('2026-12-01T00:00:00Z');
    expect([await spend(), await spend()]).toEqual([undefined, 'day']);
  });

  test('sums beyond 2^53 pico-dollars stay exact', async () => {
    const store = await opened();
    const bounds = { month: 10n ** 18n };
    const most = 2 ** 53 - 1;
    for (const amount of [most, most, 1]) {
      const ask = asking(amount);
      await store.admit(ask, bounds);
      await store.settle(ask, used(amount), bounds);
    }
    expect((await store.admit(asking(), bounds)).spentMonth).toBe(2n ** 54n - 1n);
  });
});

test('a bucket drains by its limit within a minute, and no further than empty', async () => {
  let now = 0;
  const store = inMemory({ now: () => now, date: () => new Date(NOON) });
  const bounds = { requestsPerMinute: 60 };
  for (let request = 0; request < 60; request += 1)
    expect(await store.admit(asking(), bounds)).toMatchObject({ refused: undefined });
  now = 999;
  expect(await store.admit(asking(), bounds)).toMatchObject({ refused: 'requests' });
  now = 1_000;
  expect(await store.admit(asking(), bounds)).toMatchObject({ refused: undefined });
  now = 10_000_000;
  for (let request = 0; request < 60; request += 1)
    expect(await store.admit(asking(), bounds)).toMatchObject({ refused: undefined });
  expect(await store.admit(asking(), bounds)).toMatchObject({ refused: 'requests' });
});

test('whatever happens in whatever order, memory and Redis decide alike about slots and money', async () => {
  const date = () => new Date(NOON);
  const memory = inMemory({ now: () => 0, date });
  const redis = await inRedis({ date });
  const random = seeded(20_261_124);
  const bounds = { parallel: 5, day: 1_000n, month: 3_000n };
  let open: Ask[] = [];
  for (let step = 0; step < 600; step += 1) {
    const ending = random() < 0.45 ? open[Math.floor(random() * open.length)] : undefined;
    const amount = Math.floor(random() * 40);
    const both: Promise<Standing>[] = [];
    if (ending === undefined) {
      const ask = asking(amount, amount);
      both.push(memory.admit(ask, bounds), redis.admit(ask, bounds));
      if ((await both[0])?.refused === undefined) open.push(ask);
    } else {
      open = open.filter((ask) => ask !== ending);
      const outcome = { ...used(amount), unsent: random() < 0.1 };
      both.push(memory.settle(ending, outcome, bounds), redis.settle(ending, outcome, bounds));
    }
    const [expected, given] = await Promise.all(both);
    expect(given, `step ${step}`).toEqual(expected);
  }
});

describe('leases in Redis', () => {
  test('slots and reservations of a gateway that died come back, those of one that lives stay', async () => {
    const { port } = await redisServer();
    const alive = storeOf(await linkTo(port), 300);
    const dying = storeOf(await linkTo(port), 300);
    const bounds = { parallel: 2, day: 100n };
    await dying.admit(KEY, asking(60), bounds);
    await alive.admit(KEY, asking(30), bounds);
    expect(await alive.admit(KEY, asking(1), bounds)).toMatchObject({ refused: 'parallel' });
    dying.close();
    const admitted = await eventually(async () => {
      const standing = await alive.admit(KEY, asking(1), bounds);
      expect(standing.refused).toBeUndefined();
      return standing;
    });
    expect(admitted).toMatchObject({ parallel: 2, reserved: 31n, spentDay: 0n });
  });

  test('what is booked twice because nobody knew whether it had been is booked once', async () => {
    const { port } = await redisServer();
    const store = storeOf(await linkTo(port));
    const ask = asking(60);
    const bounds = { day: 100n };
    await store.admit(KEY, ask, bounds);
    await store.settle(KEY, ask, used(50), bounds, false);
    expect(await store.settle(KEY, ask, used(50), bounds, true)).toMatchObject({
      spentDay: 50n,
      reserved: 0n,
    });
  });

  test('what a request used whose lease had run out is booked all the same', async () => {
    const { port } = await redisServer();
    const store = storeOf(await linkTo(port));
    expect(await store.settle(KEY, asking(60), used(50), {}, false)).toMatchObject({
      ...{ spentDay: 50n, reserved: 0n, parallel: 0 },
    });
  });
});
