import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { PIN, RELEASE, ROUTING_KEY, SERVER, UNSENT } from '../../../contracts/headers.ts';
import { trialGroup } from '../../../contracts/trial.ts';
import { type ApiError, sendError } from '../../common/http/errors.ts';
import type { Running } from '../../common/http/server.ts';
import type { Runtime } from '../../common/runtime.ts';
import type { Dialect } from '../dialect.ts';
import { NO_CLIENT_RETRY } from '../http/errors.ts';
import { failureError, pickHeaders } from '../http/pass-on.ts';
import type { Exchange, FailureKind, Upstream } from '../http/upstream.ts';
import { type Answer, ROUTER } from './answer.ts';
import type { EdgeCall } from './call.ts';
import { startWatchdog, type Watchdog } from './deadlines.ts';
import { HarmonyGuard } from './harmony.ts';
import type { EdgeMetrics } from './metrics.ts';
import type { EdgeRequest } from './request.ts';
import { type RetriedEvents, RetriedExchange, type RetryReason } from './retry.ts';
import type { RetryBudget } from './retry-budget.ts';
import { StreamedAnswer } from './streamed-answer.ts';
import { WholeAnswer } from './whole-answer.ts';

/** Of the router's headers these reach the client. */
const PASSED_ON = ['content-type', RELEASE, SERVER, 'retry-after', 'x-should-retry'];

/** Shorter than the idle time of any balancer in front: an ALB's is 60 s. */
const KEEP_ALIVE_SECONDS = 15;

/** What all relays of one gateway share. */
export interface RelayTools {
  readonly metrics: EdgeMetrics;
  readonly budget: RetryBudget;
  readonly runtime: Runtime;
}

/** What was started, as long as the relay has something to do. */
interface Started {
  readonly dialect: Dialect;
  readonly request: EdgeRequest;
  readonly exchange: Exchange;
  readonly clocks: Watchdog;
}

/** One request between its client and the router. */
export class EdgeRelay implements Running, RetriedEvents {
  readonly #router: Upstream;
  readonly #call: EdgeCall;
  readonly #res: ServerResponse;
  readonly #tools: RelayTools;
  #started: Started | undefined;
  #answer: Answer | undefined;

  constructor(router: Upstream, call: EdgeCall, res: ServerResponse, tools: RelayTools) {
    this.#router = router;
    this.#call = call;
    this.#res = res;
    this.#tools = tools;
  }

  start(dialect: Dialect, request: EdgeRequest): void {
    if (this.#res.closed || this.#res.writableEnded) return;
    const { model, stream, upstream } = request;
    this.#call.admitted(model, dialect.path, upstream.body.length, groupOf(upstream.headers));
    const { metrics, runtime } = this.#tools;
    const { firstTokenSeconds, totalSeconds } = model;
    const deadlines = { firstTokenSeconds: stream ? firstTokenSeconds : undefined, totalSeconds };
    const clocks = startWatchdog(deadlines, runtime, (kind, error) => {
      metrics.timedOut(kind);
      this.cutShort(error);
    });
    const exchange = new RetriedExchange(
      this.#call.trace?.through(this.#router) ?? this.#router,
      upstream,
      this,
      this.#tools,
    );
    this.#started = { dialect, request, exchange, clocks };
    exchange.start();
  }

  /** The client's connection is gone, or its answer is over. */
  closed(): void {
    this.#started?.clocks.stop();
    this.#answer?.stop();
    this.#started?.exchange.abort();
    this.#call.settle(this.#res, { aborted: this.#answer?.complete !== true });
  }

  cutShort(error: ApiError): void {
    this.#started?.exchange.abort();
    this.#fail(error);
  }

  onSent(): void {
    this.#call.dispatched();
  }

  onRetry(reason: RetryReason): void {
    this.#call.returned();
    this.#tools.metrics.retried(reason);
  }

  onAnswer(status: number, headers: IncomingHttpHeaders): void {
    if (this.#started === undefined) return;
    const { dialect, request, exchange, clocks } = this.#started;
    const [res, call] = [this.#res, this.#call];
    call.answered(status, single(headers, RELEASE), single(headers, SERVER));
    const own = Object.assign(call.headers(), mayRepeat(status, headers));
    const props = {
      res,
      call,
      dialect,
      exchange,
      status,
      headers: pickHeaders(headers, PASSED_ON, own),
      guard: guardOf(dialect, request, call),
    };
    if (!isStream(status, headers)) {
      clocks.begun();
      this.#answer = new WholeAnswer(props);
      return;
    }
    const { usageShown, model } = request;
    const { keepAliveSeconds = KEEP_ALIVE_SECONDS } = model;
    const onFirstToken = clocks.begun;
    const { runtime } = this.#tools;
    this.#answer = new StreamedAnswer(
      Object.assign(props, { usageShown, keepAliveMs: keepAliveSeconds * 1_000, onFirstToken, runtime }),
    );
  }

  onData(chunk: Buffer): void {
    this.#answer?.onData(chunk);
  }

  onEnd(): void {
    this.#answer?.onEnd();
  }

  onFailure(kind: FailureKind): void {
    if (kind === 'timeout') this.#tools.metrics.timedOut('idle');
    this.#fail(failureError(kind, ROUTER));
  }

  #fail(error: ApiError): void {
    if (this.#res.writableEnded) return;
    if (this.#answer !== undefined) this.#answer.fail(error);
    else {
      sendError(this.#res, error, this.#call.headers());
      this.#call.settle(this.#res);
    }
  }
}

/** Undefined: answers of this API are not looked into. */
function guardOf(
  { raw }: Dialect,
  { json, upstream }: EdgeRequest,
  call: EdgeCall,
): HarmonyGuard | undefined {
  return raw ? undefined : new HarmonyGuard({ json, body: upstream.body, found: call });
}

/**
 * OpenAI's clients repeat every request that met a 5xx by themselves. One that a server may have worked on must not be;
 * a 503 is how servers refuse what they have not begun.
 */
function mayRepeat(status: number, headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return status < 500 || status === 503 || headers[UNSENT] === '1' ? {} : NO_CLIENT_RETRY;
}

function isStream(status: number, headers: IncomingHttpHeaders): boolean {
  return status === 200 && /^text\/event-stream\b/i.test(headers['content-type'] ?? '');
}

function single(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** Of its conversation. Undefined: a pin chose the release. */
function groupOf({
  [PIN]: pin = '',
  [ROUTING_KEY]: key,
}: Readonly<Record<string, string>>): string | undefined {
  return pin === '' && key !== undefined ? trialGroup(key) : undefined;
}
