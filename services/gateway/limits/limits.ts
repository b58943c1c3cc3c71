import { createHash } from 'node:crypto';
import type { Registry } from 'prom-client';
import type { Limits as Defaults } from '../../../contracts/schema/limits.ts';
import type { ApiKey } from '../../../contracts/secret.ts';
import type { Log, Runtime } from '../../common/runtime.ts';
import { openRedis, type RedisSettings, RedisUnavailable } from '../redis/link.ts';
import type { Ask, Bounds, Outcome, Standing } from './account.ts';
import { boundsOf } from './bounds.ts';
import { createLimitMetrics } from './metrics.ts';
import { createRedisStore } from './redis-store.ts';
import { limitsUnavailable, rateHeaders, refusalOf } from './refusal.ts';
import { createSharedStore, type SharedStore } from './shared-store.ts';
import { createMemoryStore, type LimitStore } from './store.ts';

/** What the limits go by. */
export interface LimitSettings {
  readonly environment: string;
  readonly keys: readonly ApiKey[];
  readonly defaults?: Defaults;
  readonly redis?: RedisSettings & {
    readonly whenUnavailable: 'serve' | 'refuse';
    readonly leaseSeconds?: number;
  };
}

/** The right of one request to be served. */
export interface Grant {
  /** For its answer, put together when that comes: the request does not wait for them. */
  headers(): Readonly<Record<string, string>>;
  /** Puts what was used in place of what was reserved. Only the first call does; it never fails. */
  settle(outcome: Outcome): void;
}

/** What keys may use, and have used. */
export interface Limits {
  /**
   * Reserves the most that a request can come to use.
   * @throws ApiError 429 or 503; nothing was reserved then
   */
  admit(key: ApiKey, need: Omit<Ask, 'lease'>): Promise<Grant>;
  /**
   * For what the gateway itself sends in a key's name while a request of that key waits: the reservation of that one
   * covers it, and it takes no slot. What it used is booked.
   */
  withoutReservation(key: ApiKey): Grant;
  /** For requests to come; what was counted stays. */
  use(settings: LimitSettings): void;
  /** Books what is still to be booked, within a second. */
  close(): Promise<void>;
}

interface LimitsProps {
  readonly registry: Registry;
  readonly runtime: Runtime;
  readonly log: Log;
}

const UNLIMITED: Grant = { headers: () => ({}), settle: () => undefined };
const LAST_BOOKINGS_MS = 1_000;

export function createLimits({ registry, runtime, log }: LimitsProps): Limits {
  const holding = { count: 0, picoDollars: 0n };
  const metrics = createLimitMetrics(registry, { date: () => runtime.date(), holding });
  const memory = createMemoryStore(runtime);
  const booking = new Set<Promise<unknown>>();
  let bounds: ReadonlyMap<string, Bounds> = new Map();
  let shared: { readonly id: string; readonly store: SharedStore; close(): void } | undefined;

  function hold(sign: 1 | -1, { picoDollars }: Pick<Ask, 'picoDollars'>): void {
    holding.count += sign;
    holding.picoDollars += BigInt(sign * picoDollars);
  }

  function openShared(id: string, { redis, environment }: LimitSettings) {
    if (redis === undefined) return undefined;
    const link = openRedis(redis, {
      runtime,
      onChange(up, reason) {
        metrics.redis(up);
        log({ ts: runtime.date().toISOString(), event: up ? 'redis_up' : 'redis_down', reason });
        if (up) track(store.catchUp());
      },
    });
    const leaseMs = redis.leaseSeconds === undefined ? undefined : redis.leaseSeconds * 1_000;
    const counts = createRedisStore({ link, environment, runtime, leaseMs });
    const store = createSharedStore({
      ...{ redis: counts, link, memory },
      whenUnavailable: redis.whenUnavailable,
      onLost: metrics.bookingLost,
    });
    return {
      id,
      store,
      close() {
        counts.close();
        link.close();
      },
    };
  }

  function track(work: Promise<unknown>): void {
    const tracked = work
      .catch((error: unknown) => log({ event: 'limits_not_booked', name: nameOf(error) }))
      .finally(() => {
        booking.delete(tracked);
        metrics.bookingsWait(shared?.store.waiting ?? 0);
      });
    booking.add(tracked);
  }

  async function sharedStanding(store: SharedStore, key: string, ask: Ask, bound: Bounds): Promise<Standing> {
    try {
      return await store.admit(key, ask, bound);
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      metrics.refused('unavailable');
      throw limitsUnavailable();
    }
  }

  function book(store: LimitStore, key: string, ask: Ask, outcome: Outcome, bound: Bounds): void {
    const settled = store.settle(key, ask, outcome, bound);
    if (settled instanceof Promise) track(settled.then((after) => metrics.stands(key, after)));
    else metrics.stands(key, settled);
  }

  return {
    async admit({ id }, need) {
      const bound = bounds.get(id);
      if (bound === undefined) return UNLIMITED;
      const store = shared?.store;
      const ask = {
        lease: runtime.uuid(),
        tokens: need.tokens,
        picoDollars: need.picoDollars,
      };
      const standing =
        store === undefined ? memory.admit(id, ask, bound) : await sharedStanding(store, id, ask, bound);
      metrics.stands(id, standing);
      if (standing.refused !== undefined) {
        const { refusal, error } = refusalOf(standing.refused, bound, standing, runtime.date());
        metrics.refused(refusal);
        throw error;
      }
      hold(1, ask);
      return once(
        () => rateHeaders(bound, standing),
        (outcome) => {
          hold(-1, ask);
          book(store ?? memory, id, ask, outcome, bound);
        },
      );
    },
    withoutReservation({ id }) {
      const bound = bounds.get(id);
      if (bound === undefined) return UNLIMITED;
      const store = shared?.store ?? memory;
      const nothing = { lease: runtime.uuid(), tokens: 0, picoDollars: 0 };
      return once(UNLIMITED.headers, (outcome) =>
        book(store, id, nothing, { ...outcome, unsent: false }, bound),
      );
    },
    use(settings) {
      bounds = new Map(
        settings.keys.flatMap((key) => {
          const bound = boundsOf(key, settings.defaults);
          return bound === undefined ? [] : [[key.id, bound]];
        }),
      );
      metrics.introduce(bounds);
      const id = createHash('sha256')
        .update(JSON.stringify([settings.environment, settings.redis]))
        .digest('hex');
      if (shared?.id === id) return;
      shared?.close();
      metrics.redis(settings.redis === undefined ? undefined : false);
      shared = openShared(id, settings);
    },
    async close() {
      await Promise.race([
        Promise.all(booking),
        new Promise<void>((resolve) => void runtime.after(LAST_BOOKINGS_MS, resolve)),
      ]);
      shared?.close();
    },
  };
}

function once(headers: Grant['headers'], settle: (outcome: Outcome) => void): Grant {
  let settled = false;
  return {
    headers,
    settle(outcome) {
      if (settled) return;
      settled = true;
      settle(outcome);
    },
  };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
