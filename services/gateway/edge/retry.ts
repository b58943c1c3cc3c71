import { UNSENT } from '../../../contracts/headers.ts';
import type { Exchange, Upstream, UpstreamEvents, UpstreamRequest } from '../http/upstream.ts';
import type { Runtime } from '../runtime.ts';
import type { RetryBudget } from './retry-budget.ts';

/** The only cases in which a request is sent again: in none of them a server can have begun to work on it. */
export const RETRY_REASONS = ['unsent', 'refused', 'idle_reset'] as const;
export type RetryReason = (typeof RETRY_REASONS)[number];

/**
 * Sends a request again if and only if the router marked it unsent, the connection was refused, or an idle
 * connection was reset, and if the budget allows it. Waits `baseMs`, doubled each time, less a random half, after
 * what `retry-after` asks for. The last attempt's answer or
 * failure is passed on as it is.
 */
export function sendWithRetries(
  upstream: Upstream,
  request: UpstreamRequest,
  events: UpstreamEvents,
  {
    runtime,
    onRetry,
    budget = UNLIMITED,
    retries = 2,
    baseMs = 50,
    longestWaitMs = 2_000,
  }: {
    readonly runtime: Runtime;
    readonly onRetry: (reason: RetryReason) => void;
    /** @default - every request may be repeated */
    readonly budget?: RetryBudget;
    readonly retries?: number;
    readonly baseMs?: number;
    /** A longer `retry-after` is the client's to obey. */
    readonly longestWaitMs?: number;
  },
): Exchange {
  let attempt = 0;
  let leastWaitMs = 0;
  let cancelWait = () => {};
  budget.earn();
  let current = start();

  function start(): Exchange {
    let unsent = false;
    return upstream.send(request, {
      onSent: events.onSent,
      onAnswer(status, headers) {
        leastWaitMs = retryAfterMs(headers['retry-after']);
        unsent = status >= 400 && headers[UNSENT] === '1' && leastWaitMs <= longestWaitMs && mayRetry();
        if (!unsent) events.onAnswer(status, headers);
      },
      onData(chunk) {
        if (!unsent) events.onData(chunk);
      },
      onEnd() {
        if (unsent) again('unsent');
        else events.onEnd();
      },
      onFailure(kind) {
        if (unsent) again('unsent');
        else if ((kind === 'refused' || kind === 'idle_reset') && mayRetry()) again(kind);
        else events.onFailure(kind);
      },
    });
  }

  function mayRetry(): boolean {
    return attempt < retries && budget.spend();
  }

  function again(reason: RetryReason): void {
    onRetry(reason);
    const wait = leastWaitMs + baseMs * 2 ** attempt * (1 - runtime.random() / 2);
    leastWaitMs = 0;
    attempt += 1;
    cancelWait = runtime.after(wait, () => {
      current = start();
    });
  }

  return {
    abort() {
      cancelWait();
      current.abort();
    },
    pause: () => current.pause(),
    resume: () => current.resume(),
  };
}

const UNLIMITED: RetryBudget = { earn() {}, spend: () => true };

/** Seconds only: a date says nothing to one whose clock may differ. 0 where there is none. */
function retryAfterMs(header: string | string[] | undefined): number {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : 0;
}
