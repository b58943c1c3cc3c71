/** Limits of one key, resolved: undefined is no limit. Money in pico-dollars. */
export interface Bounds {
  readonly requestsPerMinute?: number;
  readonly tokensPerMinute?: number;
  readonly parallel?: number;
  readonly day?: bigint;
  readonly month?: bigint;
}

/** The most that a request can come to use. */
export interface Ask {
  /** Unique among all requests of all gateways. */
  readonly lease: string;
  readonly tokens: number;
  readonly picoDollars: number;
}

/** How an admitted request ended. */
export interface Outcome {
  readonly tokens: number;
  readonly picoDollars: number;
  /** Nothing was sent anywhere: the request itself does not count either. */
  readonly unsent: boolean;
}

/** `2026-11-24` and `2026-11`, in UTC. */
export interface Period {
  readonly day: string;
  readonly month: string;
}

export const LIMITS = ['parallel', 'requests', 'tokens', 'day', 'month'] as const;
export type Limit = (typeof LIMITS)[number];

/** What is used of one key's limits right after a request was admitted, refused or settled. */
export interface Standing {
  /** The first limit that kept the request out. Nothing was taken then. */
  readonly refused?: Limit;
  /** Requests under way, this one included. */
  readonly parallel: number;
  /** Levels of the two buckets, in {@link UNITS} for each request or token. */
  readonly requests: number;
  readonly tokens: number;
  /** Pico-dollars that requests under way may still come to cost. */
  readonly reserved: bigint;
  readonly spentDay: bigint;
  readonly spentMonth: bigint;
}

/** A bucket drains by its limit every millisecond and holds that many units for each request: integers throughout. */
export const UNITS = 60_000;

const DAY_MS = 86_400_000;
let latest = { day: Number.NaN, period: { day: '', month: '' } };

/** The same object all day long. */
export function periodOf(date: Date): Period {
  const day = Math.floor(date.getTime() / DAY_MS);
  if (day !== latest.day) {
    const text = date.toISOString();
    latest = { day, period: { day: text.slice(0, 10), month: text.slice(0, 7) } };
  }
  return latest.period;
}

/**
 * What one key has used, in memory. `limits/redis-script.ts` is the same in Redis; one suite tests both.
 *
 * Requests and tokens fill buckets that drain within a minute. A request is let in while its bucket of requests
 * has room for it, that of tokens is not full, and what was spent and reserved is below the budget: whatever comes
 * in at a time, a limit is exceeded by the last reservation at most.
 */
export class Account {
  readonly #leases = new Map<string, Ask>();
  #requests = 0;
  #tokens = 0;
  #drainedAt = 0;
  #reserved = 0n;
  #period: Period = { day: '', month: '' };
  #spentDay = 0n;
  #spentMonth = 0n;

  /** @param now Milliseconds that never go back. */
  admit(ask: Ask, bounds: Bounds, now: number, period: Period): Standing {
    this.#advance(bounds, now, period);
    const refused = this.#refusal(bounds);
    if (refused === undefined) {
      this.#leases.set(ask.lease, ask);
      this.#reserved += BigInt(ask.picoDollars);
      if (bounds.requestsPerMinute !== undefined) this.#requests += UNITS;
      if (bounds.tokensPerMinute !== undefined) this.#tokens += ask.tokens * UNITS;
    }
    return this.#standing(refused);
  }

  /** Books what a request used in place of what was reserved for it. */
  settle({ lease, tokens }: Ask, outcome: Outcome, bounds: Bounds, now: number, period: Period): Standing {
    this.#advance(bounds, now, period);
    const held = this.#leases.get(lease);
    this.#leases.delete(lease);
    this.#reserved -= BigInt(held?.picoDollars ?? 0);
    if (outcome.unsent) this.#requests = Math.max(0, this.#requests - UNITS);
    if (bounds.tokensPerMinute !== undefined)
      this.#tokens = Math.max(0, this.#tokens + (outcome.tokens - tokens) * UNITS);
    this.#spentDay += BigInt(outcome.picoDollars);
    this.#spentMonth += BigInt(outcome.picoDollars);
    return this.#standing();
  }

  /** Takes over what is known to have been spent elsewhere. */
  learn({ spentDay, spentMonth }: Pick<Standing, 'spentDay' | 'spentMonth'>, period: Period): void {
    this.#enter(period);
    if (spentDay > this.#spentDay) this.#spentDay = spentDay;
    if (spentMonth > this.#spentMonth) this.#spentMonth = spentMonth;
  }

  #advance({ requestsPerMinute = 0, tokensPerMinute = 0 }: Bounds, now: number, period: Period): void {
    const elapsed = Math.max(0, Math.floor(now - this.#drainedAt));
    this.#drainedAt += elapsed;
    this.#requests = drained(this.#requests, requestsPerMinute, elapsed);
    this.#tokens = drained(this.#tokens, tokensPerMinute, elapsed);
    this.#enter(period);
  }

  #enter(period: Period): void {
    if (period.day > this.#period.day) this.#spentDay = 0n;
    if (period.month > this.#period.month) this.#spentMonth = 0n;
    if (period.day > this.#period.day) this.#period = period;
  }

  #refusal({ parallel, requestsPerMinute, tokensPerMinute, day, month }: Bounds): Limit | undefined {
    if (parallel !== undefined && this.#leases.size >= parallel) return 'parallel';
    if (requestsPerMinute !== undefined && this.#requests + UNITS > requestsPerMinute * UNITS)
      return 'requests';
    if (tokensPerMinute !== undefined && this.#tokens >= tokensPerMinute * UNITS) return 'tokens';
    if (day !== undefined && this.#spentDay + this.#reserved >= day) return 'day';
    if (month !== undefined && this.#spentMonth + this.#reserved >= month) return 'month';
    return undefined;
  }

  #standing(refused?: Limit): Standing {
    return {
      refused,
      parallel: this.#leases.size,
      requests: this.#requests,
      tokens: this.#tokens,
      reserved: this.#reserved,
      spentDay: this.#spentDay,
      spentMonth: this.#spentMonth,
    };
  }
}

/** Without a limit nothing is kept: one that is set later starts empty. */
function drained(level: number, perMinute: number, elapsed: number): number {
  return perMinute === 0 ? 0 : Math.max(0, level - perMinute * elapsed);
}
