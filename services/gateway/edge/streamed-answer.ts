import { type ApiError, errorEvent } from '../http/errors.ts';
import { backPressured, failureError } from '../http/pass-on.ts';
import type { Runtime } from '../runtime.ts';
import { type Answer, type AnswerProps, ROUTER } from './answer.ts';
import { createEventFilter } from './event-filter.ts';
import { type UsageShown, watchStream } from './stream-watch.ts';

const KEEP_ALIVE = ': keep-alive\n\n';

/** Passes a stream on as it comes. One that does not end completely ends with an error event and no `[DONE]`. */
export function streamedAnswer(
  { res, call, dialect, exchange, status, headers, guard }: AnswerProps,
  {
    usageShown,
    keepAliveMs,
    onFirstToken,
    runtime,
  }: {
    readonly usageShown: UsageShown;
    /** 0: no comments. */
    readonly keepAliveMs: number;
    readonly onFirstToken: () => void;
    readonly runtime: Pick<Runtime, 'after'>;
  },
): Answer {
  let cancelBeat = () => {};
  const watch = watchStream(dialect, {
    usageShown,
    guard,
    onFirstToken() {
      cancelBeat();
      onFirstToken();
      call.firstToken();
    },
    onToken: () => call.token(),
  });
  const filter = createEventFilter(watch.inspect);
  const write = backPressured(res, exchange);
  call.stream = true;
  call.streamed = watch;
  call.phase = 'first_token';
  res.writeHead(status, headers);
  res.flushHeaders();

  /** Balancers close a silent connection. The status is out already, so a comment commits to nothing. */
  function beat(): void {
    cancelBeat = runtime.after(keepAliveMs, () => {
      if (!filter.midEvent && !res.writableNeedDrain) write(KEEP_ALIVE);
      beat();
    });
  }
  if (keepAliveMs > 0) beat();

  function end(cut: boolean): void {
    cancelBeat();
    call.settle(res, { cut });
    res.end();
  }

  function fail(error: ApiError): void {
    if (!watch.complete && !watch.failed) write(`${filter.midEvent ? '\n\n' : ''}${errorEvent(error)}`);
    end(!watch.complete);
  }

  return {
    onData(chunk) {
      filter.push(chunk, write);
      if (guard?.refusal === undefined) return;
      exchange.abort();
      fail(guard.refusal);
    },
    onEnd() {
      const last = watch.inspect(filter.rest());
      if (guard?.refusal !== undefined) return fail(guard.refusal);
      if (!watch.complete) return fail(failureError('cut', ROUTER));
      if (last !== undefined && last.length > 0) write(last);
      end(false);
    },
    fail,
    stop: () => cancelBeat(),
    get complete() {
      return watch.complete;
    },
  };
}
