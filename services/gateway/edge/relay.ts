import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { PIN, RELEASE, ROUTING_KEY, SERVER, UNSENT } from '../../../contracts/headers.ts';
import { trialGroup } from '../../../contracts/trial.ts';
import type { Dialect } from '../dialect.ts';
import { type ApiError, NO_CLIENT_RETRY, sendError } from '../http/errors.ts';
import { failureError, pickHeaders } from '../http/pass-on.ts';
import type { Running } from '../http/server.ts';
import type { Exchange, Upstream } from '../http/upstream.ts';
import type { Runtime } from '../runtime.ts';
import { type Answer, ROUTER } from './answer.ts';
import type { EdgeCall } from './call.ts';
import { startWatchdog, type Watchdog } from './deadlines.ts';
import { HarmonyGuard } from './harmony.ts';
import type { EdgeMetrics } from './metrics.ts';
import type { EdgeRequest } from './request.ts';
import { sendWithRetries } from './retry.ts';
import type { RetryBudget } from './retry-budget.ts';
import { streamedAnswer } from './streamed-answer.ts';
import { wholeAnswer } from './whole-answer.ts';

/** One request between its client and the router. */
export interface EdgeRelay extends Running {
  start(dialect: Dialect, request: EdgeRequest): void;
  /** The client's connection is gone, or its answer is over. */
  clientClosed(): void;
}

/** Of the router's headers these reach the client. */
const PASSED_ON = ['content-type', RELEASE, SERVER, 'retry-after', 'x-should-retry'];

/** Shorter than the idle time of any balancer in front: an ALB's is 60 s. */
const KEEP_ALIVE_SECONDS = 15;

export function createEdgeRelay(
  router: Upstream,
  call: EdgeCall,
  res: ServerResponse,
  {
    metrics,
    budget,
    runtime,
  }: { readonly metrics: EdgeMetrics; readonly budget: RetryBudget; readonly runtime: Runtime },
): EdgeRelay {
  let watchdog: Watchdog | undefined;
  let exchange: Exchange | undefined;
  let answer: Answer | undefined;

  function fail(error: ApiError): void {
    if (res.writableEnded) return;
    if (answer !== undefined) answer.fail(error);
    else {
      sendError(res, error, call.headers);
      call.settle(res);
    }
  }

  return {
    start(dialect, { model, stream, usageShown, json, upstream }) {
      if (res.closed || res.writableEnded) return;
      call.admitted(model, dialect.path, upstream.body.length, groupOf(upstream.headers));
      const { firstTokenSeconds, totalSeconds, keepAliveSeconds = KEEP_ALIVE_SECONDS } = model;
      const deadlines = { firstTokenSeconds: stream ? firstTokenSeconds : undefined, totalSeconds };
      const clocks = startWatchdog(deadlines, runtime, (kind, error) => {
        metrics.timedOut(kind);
        exchange?.abort();
        fail(error);
      });
      watchdog = clocks;
      const guard = dialect.raw
        ? undefined
        : new HarmonyGuard({ json, body: upstream.body, onLeak: (...leak) => call.leaked(...leak) });
      const sent = sendWithRetries(
        router,
        upstream,
        {
          onSent() {
            call.dispatched();
          },
          onAnswer(status, headers) {
            call.answered(status, single(headers, RELEASE), single(headers, SERVER));
            const props = {
              res,
              call,
              dialect,
              exchange: sent,
              status,
              headers: { ...call.headers, ...mayRepeat(status, headers), ...pickHeaders(headers, PASSED_ON) },
              guard,
            };
            const keepAliveMs = keepAliveSeconds * 1_000;
            const onFirstToken = clocks.begun;
            const streamed = isStream(status, headers);
            answer = streamed
              ? streamedAnswer(props, { usageShown, keepAliveMs, onFirstToken, runtime })
              : wholeAnswer(props);
            if (!streamed) clocks.begun();
          },
          onData: (chunk) => answer?.onData(chunk),
          onEnd: () => answer?.onEnd(),
          onFailure(kind) {
            if (kind === 'timeout') metrics.timedOut('idle');
            fail(failureError(kind, ROUTER));
          },
        },
        {
          runtime,
          budget,
          onRetry(reason) {
            call.returned();
            metrics.retried(reason);
          },
        },
      );
      exchange = sent;
    },
    clientClosed() {
      watchdog?.stop();
      answer?.stop();
      exchange?.abort();
      call.settle(res, { aborted: answer?.complete !== true });
    },
    cutShort(error) {
      exchange?.abort();
      fail(error);
    },
  };
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
