import { type ApiError, errorEvent } from '../http/errors.ts';
import { backPressured, failureError } from '../http/pass-on.ts';
import { type Answer, type AnswerProps, ROUTER } from './answer.ts';
import { createEventFilter } from './event-filter.ts';
import { type UsageShown, watchStream } from './stream-watch.ts';

/** Passes a stream on as it comes. One that does not end completely ends with an error event and no `[DONE]`. */
export function streamedAnswer(
  { res, call, dialect, exchange, status, headers }: AnswerProps,
  usageShown: UsageShown,
): Answer {
  const watch = watchStream(dialect, {
    usageShown,
    onFirstToken: () => call.firstToken(),
    onToken: () => call.token(),
  });
  const filter = createEventFilter(watch.inspect);
  const write = backPressured(res, exchange);
  call.stream = true;
  call.streamed = watch;
  call.phase = 'first_token';
  res.writeHead(status, headers);
  res.flushHeaders();

  function end(cut: boolean): void {
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
    },
    onEnd() {
      const last = watch.inspect(filter.rest());
      if (!watch.complete) return fail(failureError('cut', ROUTER));
      if (last !== undefined && last.length > 0) write(last);
      end(false);
    },
    fail,
    get complete() {
      return watch.complete;
    },
  };
}
