import type { ApiError } from '../../common/http/errors.ts';
import type { Runtime } from '../../common/runtime.ts';
import { AnswerBody } from '../http/answer-body.ts';
import { errorEvent } from '../http/errors.ts';
import { failureError } from '../http/pass-on.ts';
import { type Answer, type AnswerProps, ROUTER } from './answer.ts';
import { EventFilter } from './event-filter.ts';
import { StreamWatch, type UsageShown } from './stream-watch.ts';

const KEEP_ALIVE = ': keep-alive\n\n';

/** What a stream needs besides what every answer does. */
export interface StreamProps extends AnswerProps {
  readonly usageShown: UsageShown;
  /** 0: no comments. */
  readonly keepAliveMs: number;
  readonly onFirstToken: () => void;
  readonly runtime: Pick<Runtime, 'after'>;
}

/** Passes a stream on as it comes. One that does not end completely ends with an error event and no `[DONE]`. */
export class StreamedAnswer implements Answer {
  readonly #props: StreamProps;
  readonly #watch: StreamWatch;
  readonly #filter: EventFilter;
  readonly #body: AnswerBody;
  readonly #write = (bytes: Buffer | string) => this.#body.write(bytes);
  #cancelBeat = () => {};

  constructor(props: StreamProps) {
    const { res, call, dialect, exchange, status, headers, guard, usageShown, onFirstToken } = props;
    this.#props = props;
    this.#watch = new StreamWatch({
      dialect,
      usageShown,
      guard,
      onFirstToken: () => {
        this.stop();
        onFirstToken();
        call.firstToken();
      },
      onToken: () => call.token(),
    });
    this.#filter = new EventFilter(this.#watch);
    call.stream = true;
    call.streamed = this.#watch;
    call.phase = 'first_token';
    res.writeHead(status, headers);
    res.flushHeaders();
    this.#body = new AnswerBody(res, exchange);
    if (props.keepAliveMs > 0) this.#beat();
  }

  get complete(): boolean {
    return this.#watch.complete;
  }

  onData(chunk: Buffer): void {
    const { exchange, guard } = this.#props;
    this.#filter.push(chunk, this.#write);
    this.#body.flush();
    this.#watch.count();
    if (guard?.refusal === undefined) return;
    exchange.abort();
    this.fail(guard.refusal);
  }

  onEnd(): void {
    const last = this.#watch.inspect(this.#filter.rest());
    this.#watch.count();
    const refusal = this.#props.guard?.refusal;
    if (refusal !== undefined) this.fail(refusal);
    else if (!this.complete) this.fail(failureError('cut', ROUTER));
    else {
      if (last !== undefined && last.length > 0) this.#write(last);
      this.#end(false);
    }
  }

  fail(error: ApiError): void {
    const { complete, failed } = this.#watch;
    if (!complete && !failed) this.#write(`${this.#filter.midEvent ? '\n\n' : ''}${errorEvent(error)}`);
    this.#end(!complete);
  }

  stop(): void {
    this.#cancelBeat();
  }

  #end(cut: boolean): void {
    const { res, call } = this.#props;
    this.stop();
    call.settle(res, { cut });
    this.#body.end();
  }

  /** Balancers close a silent connection. The status is out already, so a comment commits to nothing. */
  #beat(): void {
    const { res, runtime, keepAliveMs } = this.#props;
    this.#cancelBeat = runtime.after(keepAliveMs, () => {
      if (!this.#filter.midEvent && !res.writableNeedDrain) this.#write(KEEP_ALIVE);
      this.#beat();
    });
  }
}
