import type { IncomingHttpHeaders } from 'node:http';
import { UNSENT } from '../../../contracts/headers.ts';
import type { Runtime } from '../../common/runtime.ts';
import type { Exchange, FailureKind, Upstream, UpstreamEvents, UpstreamRequest } from '../http/upstream.ts';
import type { RetryBudget } from './retry-budget.ts';

/** The only cases in which a request is sent again: in none of them a server can have begun to work on it. */
export const RETRY_REASONS = ['unsent', 'refused'] as const;
export type RetryReason = (typeof RETRY_REASONS)[number];

/** What happens to a request that may be sent more than once. */
export interface RetriedEvents extends UpstreamEvents {
  /** Nobody has worked on it, and it will be sent again. */
  onRetry(reason: RetryReason): void;
}

export interface RetrySettings {
  readonly runtime: Runtime;
  /** @default - every request may be repeated */
  readonly budget?: RetryBudget;
  readonly retries?: number;
  readonly baseMs?: number;
  /** A longer `retry-after` is the client's to obey. */
  readonly longestWaitMs?: number;
}

/**
 * Sends a request again if and only if the router marked it unsent or the connection was refused, and if the
 * budget allows it. Waits `baseMs`, doubled each time, less a random half, after
 * what `retry-after` asks for. The last attempt's answer or failure is passed on as it is.
 */
export class RetriedExchange implements Exchange, UpstreamEvents {
  readonly #upstream: Upstream;
  readonly #request: UpstreamRequest;
  readonly #events: RetriedEvents;
  readonly #settings: RetrySettings;
  #current: Exchange | undefined;
  #attempt = 0;
  /** What came is to be sent again: of its answer nothing is passed on. */
  #unsent = false;
  #leastWaitMs = 0;
  #cancelWait = () => {};

  constructor(upstream: Upstream, request: UpstreamRequest, events: RetriedEvents, settings: RetrySettings) {
    this.#upstream = upstream;
    this.#request = request;
    this.#events = events;
    this.#settings = settings;
  }

  /** Sends it for the first time. */
  start(): void {
    this.#settings.budget?.earn();
    this.#send();
  }

  abort(): void {
    this.#cancelWait();
    this.#current?.abort();
  }

  pause(): void {
    this.#current?.pause();
  }

  resume(): void {
    this.#current?.resume();
  }

  onSent(): void {
    this.#events.onSent();
  }

  onAnswer(status: number, headers: IncomingHttpHeaders): void {
    if (status >= 400 && headers[UNSENT] === '1') {
      const { longestWaitMs = 2_000 } = this.#settings;
      this.#leastWaitMs = retryAfterMs(headers['retry-after']);
      this.#unsent = this.#leastWaitMs <= longestWaitMs && this.#mayRetry();
    }
    if (!this.#unsent) this.#events.onAnswer(status, headers);
  }

  onData(chunk: Buffer): void {
    if (!this.#unsent) this.#events.onData(chunk);
  }

  onEnd(): void {
    if (this.#unsent) this.#again('unsent');
    else this.#events.onEnd();
  }

  onFailure(kind: FailureKind): void {
    if (this.#unsent) this.#again('unsent');
    else if (kind === 'refused' && this.#mayRetry()) this.#again(kind);
    else this.#events.onFailure(kind);
  }

  #send(): void {
    this.#unsent = false;
    this.#leastWaitMs = 0;
    this.#current = this.#upstream.send(this.#request, this);
  }

  #mayRetry(): boolean {
    const { retries = 2, budget = UNLIMITED } = this.#settings;
    return this.#attempt < retries && budget.spend();
  }

  #again(reason: RetryReason): void {
    const { runtime, baseMs = 50 } = this.#settings;
    this.#events.onRetry(reason);
    const wait = this.#leastWaitMs + baseMs * 2 ** this.#attempt * (1 - runtime.random() / 2);
    this.#attempt += 1;
    this.#cancelWait = runtime.after(wait, () => this.#send());
  }
}

const UNLIMITED: RetryBudget = { earn() {}, spend: () => true };

/** Seconds only: a date says nothing to one whose clock may differ. 0 where there is none. */
function retryAfterMs(header: string | string[] | undefined): number {
  return typeof header === 'string' && /^\d{1,6}$/.test(header) ? Number(header) * 1_000 : 0;
}
