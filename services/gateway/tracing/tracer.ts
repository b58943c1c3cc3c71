import type { IncomingHttpHeaders } from 'node:http';
import type { TokenUsage } from '../../../contracts/price.ts';
import type { Runtime } from '../../common/runtime.ts';
import type { Exchange, FailureKind, Upstream, UpstreamEvents, UpstreamRequest } from '../http/upstream.ts';
import type { Attribute, Span } from './span.ts';
import { type TraceContext, traceContextOf, traceparentOf } from './trace-context.ts';

/** How a request ended, for its span. */
export interface TraceEnd {
  readonly id: string;
  /** API that it went to; empty where it was refused before that. */
  readonly path: string;
  readonly model: string | undefined;
  /** `none`: no release answered. */
  readonly release: string;
  readonly server: string | undefined;
  readonly status: number;
  readonly stream: boolean;
  /** How far it was when the client left. */
  readonly aborted: string | undefined;
  readonly cut: boolean;
  readonly usage: TokenUsage | undefined;
  /** After the whole request was there. */
  readonly firstTokenMs: number | undefined;
}

export interface TracerProps {
  readonly add: (span: Span) => void;
  readonly runtime: Pick<Runtime, 'now' | 'date' | 'random' | 'uuid'>;
  /** Share of the traces that begin here whose spans are kept. One that is continued is kept if its client wants that. */
  readonly sample: number;
}

/** Begins the trace of one request, or continues its client's. */
export function beginTrace(headers: IncomingHttpHeaders, props: TracerProps): RequestTrace {
  const parent = traceContextOf(headers);
  const { runtime, sample } = props;
  return new RequestTrace(props, {
    traceId: parent?.traceId ?? runtime.uuid().replaceAll('-', ''),
    sampled: parent?.sampled ?? runtime.random() < sample,
    state: parent?.state,
    parentSpanId: parent?.spanId,
  });
}

type Trace = Omit<TraceContext, 'spanId'> & Pick<Span, 'parentSpanId'>;

/** GenAI semantic conventions have no word for the responses API; it is a chat. */
const OPERATIONS: Readonly<Record<string, string>> = {
  '/v1/chat/completions': 'chat',
  '/v1/responses': 'chat',
  '/v1/completions': 'text_completion',
};

/** The span of one request, and of each time that it is sent. Never holds a text, a prompt or a key. */
export class RequestTrace {
  readonly #props: TracerProps;
  readonly #trace: Trace;
  readonly #kind: Span['kind'];
  readonly #spanId: string;
  readonly #began: number;
  readonly #beganAt: number;
  #sent = 0;

  constructor(props: TracerProps, trace: Trace, kind: Span['kind'] = 'server') {
    const { runtime } = props;
    this.#props = props;
    this.#trace = trace;
    this.#kind = kind;
    this.#spanId = spanId(runtime);
    this.#began = runtime.now();
    this.#beganAt = runtime.date().getTime();
  }

  /** A request that is made for this one. */
  child(): RequestTrace {
    return new RequestTrace(this.#props, { ...this.#trace, parentSpanId: this.#spanId }, 'internal');
  }

  /** The upstream, told with each request whose part it is. */
  through(upstream: Upstream): Upstream {
    return {
      send: (request, events) => this.#send(upstream, request, events),
      close: () => upstream.close(),
    };
  }

  end({ path, model, status, aborted, cut, usage, firstTokenMs, ...end }: TraceEnd): void {
    if (!this.#trace.sampled) return;
    const operation = OPERATIONS[path];
    const failed = status >= 500 || cut;
    this.#add(this.#spanId, this.#trace.parentSpanId, this.#began, {
      name: operation === undefined ? 'request' : `${operation} ${model}`,
      kind: this.#kind,
      failed,
      attributes: {
        'gen_ai.operation.name': operation,
        'gen_ai.provider.name': 'gpt-oss-fleet',
        'gen_ai.request.model': model,
        'gen_ai.request.stream': end.stream,
        'gen_ai.usage.input_tokens': usage?.prompt,
        'gen_ai.usage.cache_read.input_tokens': usage?.cached,
        'gen_ai.usage.output_tokens': usage?.completion,
        'gen_ai.response.time_to_first_chunk': firstTokenMs === undefined ? undefined : firstTokenMs / 1_000,
        'http.response.status_code': status,
        'error.type': errorType(status, cut),
        'fleet.request.id': end.id,
        'fleet.release': end.release,
        'fleet.server': end.server,
        'fleet.aborted': aborted,
      },
    });
  }

  #send(upstream: Upstream, request: UpstreamRequest, events: UpstreamEvents): Exchange {
    const { traceId, sampled, state } = this.#trace;
    const id = sampled ? spanId(this.#props.runtime) : this.#spanId;
    const headers: Record<string, string> = Object.assign({}, request.headers);
    headers.traceparent = traceparentOf({ traceId, spanId: id, sampled });
    if (state !== undefined) headers.tracestate = state;
    else if ('tracestate' in headers) delete headers.tracestate;
    const { path, body, idleMs } = request;
    const told = { path, body, idleMs, headers };
    this.#sent += 1;
    if (!sampled) return upstream.send(told, events);
    const attempt = new Attempt(events, this.#ending(id, request.path, this.#sent));
    return attempt.over(upstream.send(told, attempt));
  }

  #ending(id: string, path: string, sent: number): (status: number | undefined, error?: string) => void {
    const began = this.#props.runtime.now();
    return (status, error) =>
      this.#add(id, this.#spanId, began, {
        name: `POST ${path}`,
        kind: 'client',
        failed: error !== undefined,
        attributes: {
          'http.request.method': 'POST',
          'url.path': path,
          'http.response.status_code': status,
          'http.request.resend_count': sent > 1 ? sent - 1 : undefined,
          'error.type': error,
        },
      });
  }

  #add(
    id: string,
    parentSpanId: string | undefined,
    began: number,
    span: Pick<Span, 'name' | 'kind' | 'failed' | 'attributes'>,
  ): void {
    const { traceId, state } = this.#trace;
    const { add, runtime } = this.#props;
    const { name, kind, failed, attributes } = span;
    const times = { began: this.#at(began), ended: this.#at(runtime.now()) };
    add({ traceId, spanId: id, parentSpanId, state, name, kind, failed, attributes, ...times });
  }

  /** The wall clock's time of a moment; it may be set meanwhile, and a span must not end before it begins. */
  #at(moment: number): number {
    return this.#beganAt + moment - this.#began;
  }
}

/** What happens to one sending, passed on and noted. */
class Attempt implements UpstreamEvents {
  readonly #events: UpstreamEvents;
  readonly #ended: (status: number | undefined, error?: string) => void;
  #status: number | undefined;
  #over = false;

  constructor(events: UpstreamEvents, ended: (status: number | undefined, error?: string) => void) {
    this.#events = events;
    this.#ended = ended;
  }

  over(exchange: Exchange): Exchange {
    return {
      abort: () => {
        this.#end('aborted');
        exchange.abort();
      },
      pause: () => exchange.pause(),
      resume: () => exchange.resume(),
    };
  }

  onSent(): void {
    this.#events.onSent();
  }

  onAnswer(status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#events.onAnswer(status, headers);
  }

  onData(chunk: Buffer): void {
    this.#events.onData(chunk);
  }

  onEnd(): void {
    const failed = this.#status !== undefined && this.#status >= 400;
    this.#end(failed ? String(this.#status) : undefined);
    this.#events.onEnd();
  }

  onFailure(kind: FailureKind): void {
    this.#end(kind);
    this.#events.onFailure(kind);
  }

  #end(error?: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#ended(this.#status, error);
  }
}

/** The parts of a UUID in which every bit is random. */
function spanId({ uuid }: Pick<Runtime, 'uuid'>): string {
  const id = uuid();
  return id.slice(0, 8) + id.slice(-8);
}

function errorType(status: number, cut: boolean): Attribute | undefined {
  if (cut) return 'cut';
  return status >= 400 ? String(status) : undefined;
}
