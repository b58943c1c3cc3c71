import { Counter, Gauge, type Registry } from 'prom-client';
import { toDollars } from '../../../contracts/price.ts';
import { type Bounds, type Period, periodOf, type Standing } from './account.ts';
import { REFUSALS, type Refusal } from './refusal.ts';

/** Keys whose budgets have series, in the order of the keys document. The others are counted in one series. */
export const MOST_KEYS_SHOWN = 100;

export interface LimitMetrics {
  /** Makes the series of these keys exist, with all of their budget left until more is known; those of others go. */
  introduce(bounds: ReadonlyMap<string, Bounds>): void;
  refused(reason: Refusal): void;
  stands(key: string, standing: Standing): void;
  /** Absent: no Redis is configured. */
  redis(up: boolean | undefined): void;
  bookingLost(): void;
  bookingsWait(count: number): void;
}

interface Shown {
  readonly bounds: Bounds;
  readonly period: Period;
  readonly spentDay: bigint;
  readonly spentMonth: bigint;
}

/** What this gateway holds for requests under way; read when metrics are asked for. */
export interface Holding {
  readonly count: number;
  readonly picoDollars: bigint;
}

export function createLimitMetrics(
  registry: Registry,
  { date, holding }: { readonly date: () => Date; readonly holding: Holding },
): LimitMetrics {
  const registers = [registry];
  const shown = new Map<string, Shown>();
  const refusals = new Counter({
    name: 'oss_limit_refusals_total',
    help: 'Requests refused by a limit of their key; reserved: the rest of a budget is held by requests under way',
    labelNames: ['reason'],
    registers,
  });
  new Gauge({
    name: 'oss_budget_left_usd',
    help: 'US dollars left of the budget of a key in this day or month of UTC, as far as this gateway knows',
    labelNames: ['key', 'period'],
    registers,
    collect() {
      this.reset();
      const now = periodOf(date());
      for (const [key, { bounds, period, spentDay, spentMonth }] of shown) {
        const day = period.day === now.day ? spentDay : 0n;
        const month = period.month === now.month ? spentMonth : 0n;
        if (bounds.day !== undefined) this.set({ key, period: 'day' }, toDollars(Number(bounds.day - day)));
        if (bounds.month !== undefined)
          this.set({ key, period: 'month' }, toDollars(Number(bounds.month - month)));
      }
    },
  });
  const notShown = new Gauge({
    name: 'oss_budget_keys_not_shown',
    help: `Keys with a budget beyond the first ${MOST_KEYS_SHOWN}, which have no series`,
    registers,
  });
  new Gauge({
    name: 'oss_reservations',
    help: 'Requests of keys with limits that this gateway has under way',
    registers,
    collect() {
      this.set(holding.count);
    },
  });
  new Gauge({
    name: 'oss_reserved_usd',
    help: 'US dollars that they may come to cost',
    registers,
    collect() {
      this.set(toDollars(Number(holding.picoDollars)));
    },
  });
  const redis = new Gauge({
    name: 'fleet_redis_up',
    help: '1 while Redis answers, 0 while it does not; absent where none is configured',
    labelNames: ['use'],
    registers,
  });
  const waiting = new Gauge({
    name: 'fleet_limit_bookings_waiting',
    help: 'Amounts that wait for Redis to be booked',
    registers,
  });
  const lost = new Counter({
    name: 'fleet_limit_bookings_lost_total',
    help: 'Amounts that budgets do not know of, because Redis was gone for too long',
    registers,
  });
  for (const reason of REFUSALS) refusals.inc({ reason }, 0);

  return {
    introduce(bounds) {
      const period = periodOf(date());
      const budgets = [...bounds].filter(([, { day, month }]) => day !== undefined || month !== undefined);
      const listed = new Map(budgets.slice(0, MOST_KEYS_SHOWN));
      for (const key of shown.keys()) if (!listed.has(key)) shown.delete(key);
      for (const [key, bound] of listed)
        shown.set(key, { ...(shown.get(key) ?? { period, spentDay: 0n, spentMonth: 0n }), bounds: bound });
      notShown.set(budgets.length - listed.size);
    },
    refused: (reason) => refusals.inc({ reason }),
    stands(key, { spentDay, spentMonth }) {
      const known = shown.get(key);
      if (known !== undefined)
        shown.set(key, { bounds: known.bounds, period: periodOf(date()), spentDay, spentMonth });
    },
    redis(up) {
      redis.reset();
      if (up !== undefined) redis.set({ use: 'limits' }, up ? 1 : 0);
    },
    bookingLost: () => lost.inc(),
    bookingsWait: (count) => waiting.set(count),
  };
}
