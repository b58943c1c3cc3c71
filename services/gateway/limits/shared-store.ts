import type { RedisLink } from '../redis/link.ts';
import { RedisUnavailable } from '../redis/link.ts';
import type { Ask, Bounds, Outcome, Standing } from './account.ts';
import type { RedisStore } from './redis-store.ts';
import type { LimitStore, MemoryStore } from './store.ts';

interface SharedStoreProps {
  readonly redis: RedisStore;
  readonly link: Pick<RedisLink, 'up'>;
  readonly memory: MemoryStore;
  readonly whenUnavailable: 'serve' | 'refuse';
  /** A booking was given up: the budget does not know of it, the ledger does. */
  readonly onLost: () => void;
  readonly mostHeld?: number;
}

export interface SharedStore extends LimitStore {
  admit(key: string, ask: Ask, bounds: Bounds): Promise<Standing>;
  settle(key: string, ask: Ask, outcome: Outcome, bounds: Bounds): Promise<Standing>;
  /** Books what could not be booked while Redis was gone. */
  catchUp(): Promise<void>;
  /** Bookings that wait for Redis. */
  readonly waiting: number;
}

interface Booking {
  readonly key: string;
  readonly ask: Ask;
  readonly outcome: Outcome;
  readonly bounds: Bounds;
  readonly unsure: boolean;
}

/**
 * Redis, and what happens while it is gone. `serve`: this gateway keeps to the limits on its own, from what it last
 * knew to be spent, so that n gateways let n times as much through at most. `refuse`: nothing comes in. In both, what
 * is used meanwhile is booked as soon as Redis is back.
 */
export function createSharedStore({
  redis,
  link,
  memory,
  whenUnavailable,
  onLost,
  mostHeld = 10_000,
}: SharedStoreProps): SharedStore {
  /** Requests that were let in without Redis. */
  const alone = new Set<string>();
  let held: Booking[] = [];

  function keep(booking: Booking): void {
    if (held.length < mostHeld) held.push(booking);
    else onLost();
  }

  async function book(booking: Booking): Promise<Standing | undefined> {
    const { key, ask, outcome, bounds, unsure } = booking;
    try {
      const standing = await redis.settle(key, ask, outcome, bounds, unsure);
      memory.learn(key, standing);
      return standing;
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      keep({ ...booking, unsure: unsure || error.maybeDone });
      return undefined;
    }
  }

  return {
    async admit(key, ask, bounds) {
      try {
        const standing = await redis.admit(key, ask, bounds);
        memory.learn(key, standing);
        return standing;
      } catch (error) {
        if (!(error instanceof RedisUnavailable) || whenUnavailable === 'refuse') throw error;
        const standing = memory.admit(key, ask, bounds);
        if (standing.refused === undefined) alone.add(ask.lease);
        return standing;
      }
    },
    async settle(key, ask, outcome, bounds) {
      const booked = book({ key, ask, outcome, bounds, unsure: false });
      if (!alone.delete(ask.lease)) return (await booked) ?? memory.settle(key, ask, outcome, bounds);
      const own = memory.settle(key, ask, outcome, bounds);
      return (await booked) ?? own;
    },
    async catchUp() {
      while (held.length > 0 && link.up) {
        const bookings = held;
        held = [];
        for (const booking of bookings) await book(booking);
      }
    },
    get waiting() {
      return held.length;
    },
  };
}
