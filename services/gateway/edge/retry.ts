import { UNSENT } from '../../../contracts/headers.ts';
import type { Exchange, Upstream, UpstreamEvents, UpstreamRequest } from '../http/upstream.ts';
import type { Runtime } from '../runtime.ts';

/** The only cases in which a request is sent again: in none of them a server can have begun to work on it. */
export const RETRY_REASONS = ['unsent', 'refused', 'idle_reset'] as const;
export type RetryReason = (typeof RETRY_REASONS)[number];

/**
 * Sends a request again if and only if the router marked it unsent, the connection was refused, or an idle
 * connection was reset. Waits `baseMs`, doubled each time, less a random half. The last attempt's answer or
 * failure is passed on as it is.
 */
export function sendWithRetries(
  upstream: Upstream,
  request: UpstreamRequest,
  events: UpstreamEvents,
  {
    runtime,
    onRetry,
    retries = 2,
    baseMs = 50,
  }: {
    readonly runtime: Runtime;
    readonly onRetry: (reason: RetryReason) => void;
    readonly retries?: number;
    readonly baseMs?: number;
  },
): Exchange {
  let attempt = 0;
  let cancelWait = () => {};
  let current = start();

  function start(): Exchange {
    let unsent = false;
    return upstream.send(request, {
      onSent: events.onSent,
      onAnswer(status, headers) {
        unsent = status >= 400 && headers[UNSENT] === '1' && attempt < retries;
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
        else if (attempt < retries && (kind === 'refused' || kind === 'idle_reset')) again(kind);
        else events.onFailure(kind);
      },
    });
  }

  function again(reason: RetryReason): void {
    onRetry(reason);
    const wait = baseMs * 2 ** attempt * (1 - runtime.random() / 2);
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
