import { toDollars } from '../../../contracts/price.ts';
import { ApiError } from '../../common/http/errors.ts';
import { NO_CLIENT_RETRY } from '../http/errors.ts';
import { type Bounds, type Limit, type Standing, UNITS } from './account.ts';

/** Why a request was refused, as the metric counts it. `reserved`: the budget's rest is held by requests under way. */
export const REFUSALS = [
  'parallel',
  'requests',
  'tokens',
  'day',
  'month',
  'reserved',
  'unavailable',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** For slots and reservations: they come back when some other request ends, which nobody can foretell. */
const SOON_MS = 1_000;
const DAY_MS = 86_400_000;

/** What OpenAI's clients read: limit, what is left, and when all of it is there again. */
export function rateHeaders(
  { requestsPerMinute, tokensPerMinute }: Bounds,
  { requests, tokens }: Standing,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  if (requestsPerMinute !== undefined) addBucket(headers, REQUESTS, requestsPerMinute, requests);
  if (tokensPerMinute !== undefined) addBucket(headers, TOKENS, tokensPerMinute, tokens);
  return headers;
}

const REQUESTS = bucketNames('requests');
const TOKENS = bucketNames('tokens');

function bucketNames(of: string) {
  return {
    limit: `x-ratelimit-limit-${of}`,
    remaining: `x-ratelimit-remaining-${of}`,
    reset: `x-ratelimit-reset-${of}`,
  };
}

function addBucket(
  headers: Record<string, string>,
  names: typeof REQUESTS,
  limit: number,
  level: number,
): void {
  headers[names.limit] = `${limit}`;
  headers[names.remaining] = `${Math.max(0, Math.floor((limit * UNITS - level) / UNITS))}`;
  headers[names.reset] = duration(Math.ceil(level / limit));
}

/** `0s`, `17ms`, `1.5s`, `6m0s`, as OpenAI writes them. */
export function duration(ms: number): string {
  if (ms <= 0) return '0s';
  if (ms < 1_000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = `${(ms - minutes * 60_000) / 1_000}s`;
  return minutes === 0 ? seconds : `${minutes}m${seconds}`;
}

/** A refused request: how it is counted, and what its client is told. */
export function refusalOf(
  limit: Limit,
  bounds: Bounds,
  standing: Standing,
  date: Date,
): { readonly refusal: Refusal; readonly error: ApiError } {
  const { parallel, requestsPerMinute = 1, tokensPerMinute = 1 } = bounds;
  const rate = (type: string, message: string, waitMs: number) =>
    new ApiError(
      429,
      message,
      { type, code: 'rate_limit_exceeded' },
      { ...rateHeaders(bounds, standing), ...retryAfter(waitMs) },
    );
  switch (limit) {
    case 'parallel': {
      const message = `Rate limit reached: this key may have ${parallel} requests under way at a time, and has.`;
      return { refusal: limit, error: rate('requests', message, SOON_MS) };
    }
    case 'requests': {
      const wait = Math.ceil((standing.requests + UNITS - requestsPerMinute * UNITS) / requestsPerMinute);
      const message = `Rate limit reached: this key may send ${requestsPerMinute} requests per minute. Try again in ${duration(wait)}.`;
      return { refusal: limit, error: rate('requests', message, wait) };
    }
    case 'tokens': {
      const wait = Math.floor((standing.tokens - tokensPerMinute * UNITS) / tokensPerMinute) + 1;
      const message = `Rate limit reached: this key may use ${tokensPerMinute} tokens per minute, those that requests under way may still use included. Try again in ${duration(wait)}.`;
      return { refusal: limit, error: rate('tokens', message, wait) };
    }
    default:
      return budgetRefusal(limit, bounds, standing, date);
  }
}

function budgetRefusal(period: 'day' | 'month', bounds: Bounds, standing: Standing, date: Date) {
  const budget = bounds[period] ?? 0n;
  const spent = period === 'day' ? standing.spentDay : standing.spentMonth;
  const dollars = `$${toDollars(Number(budget))} per ${period}`;
  if (spent < budget) {
    const message = `Rate limit reached: what is left of this key's ${dollars} is reserved by requests under way. Set a lower max_tokens, or try again when some have ended.`;
    const error = new ApiError(
      429,
      message,
      { type: 'budget', code: 'rate_limit_exceeded' },
      { ...rateHeaders(bounds, standing), ...retryAfter(SOON_MS) },
    );
    return { refusal: 'reserved' as const, error };
  }
  const message = `You exceeded your current quota: this key may spend ${dollars} (UTC), and has. Its operator can raise that.`;
  const error = new ApiError(
    429,
    message,
    { type: 'insufficient_quota', code: 'insufficient_quota' },
    {
      ...rateHeaders(bounds, standing),
      ...NO_CLIENT_RETRY,
      'retry-after': `${Math.ceil(untilEnd(period, date) / 1_000)}`,
    },
  );
  return { refusal: period, error };
}

/** Milliseconds to the end of the day or month, in UTC. */
export function untilEnd(period: 'day' | 'month', date: Date): number {
  if (period === 'day') return DAY_MS - (date.getTime() % DAY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1) - date.getTime();
}

function retryAfter(ms: number): Readonly<Record<string, string>> {
  return { 'retry-after': `${Math.max(1, Math.ceil(ms / 1_000))}`, 'retry-after-ms': `${Math.max(1, ms)}` };
}

/** Redis is gone and the environment says `whenUnavailable: refuse`. */
export function limitsUnavailable(): ApiError {
  return new ApiError(
    503,
    'The limits of this key cannot be checked now. Send the request again.',
    { type: 'server_error', code: 'limits_unavailable' },
    retryAfter(SOON_MS),
  );
}
