import type { IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import { buildConnector, Client, type Dispatcher, errors } from 'undici';
import type { Target } from '../config.ts';
import { systemRuntime } from '../runtime.ts';
import { throughProxy } from './proxy.ts';

/** A POST with a JSON body. `path` begins with a slash and is appended to the upstream's URL. */
export interface UpstreamRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Silence that ends it. @default - the upstream's own */
  readonly idleMs?: number;
}

/**
 * Why no complete answer came.
 * - `refused`: the connection was refused; nothing was sent.
 * - `unreachable`: no connection for another reason (name, route, TLS, time); nothing was sent.
 * - `idle_reset`: a kept-alive connection was closed while it was idle, which was noticed only after the
 *   request was written; no byte of an answer came.
 * - `timeout`: sent, then silence for too long.
 * - `cut`: sent, then the connection broke. The request may have been worked on.
 */
export type FailureKind = 'refused' | 'unreachable' | 'idle_reset' | 'timeout' | 'cut';

/** What happens to a request, in this order. After `abort` nothing is called any more. */
export interface UpstreamEvents {
  /** A connection is there and the request is being written to it. */
  onSent(): void;
  onAnswer(status: number, headers: IncomingHttpHeaders): void;
  onData(chunk: Buffer): void;
  onEnd(): void;
  onFailure(kind: FailureKind): void;
}

/** A request under way. */
export interface Exchange {
  /** Closes its connection at once, in whatever phase it is. */
  abort(): void;
  pause(): void;
  resume(): void;
}

export interface Upstream {
  send(request: UpstreamRequest, events: UpstreamEvents): Exchange;
  /** Closes idle connections; requests under way finish on theirs. */
  close(): void;
}

/** One undici client holds one connection, so that for every request it is known whether that was used before. */
interface Connection {
  readonly client: Client;
  readonly openedAt: number;
  socket?: Socket;
  /** Complete answers on the present socket. */
  answers: number;
}

/** How connections to an upstream are made and kept. */
export interface UpstreamSettings {
  readonly connectMs?: number;
  /** An unused connection is closed after that. @default 60,000: before nginx closes it (75 s) */
  readonly keepAliveMs?: number;
  /** A connection is used no longer than that, so that a changed DNS entry is followed. @default 300,000 */
  readonly ageMs?: number;
  /** Silence that ends a request, from its last byte and between bytes of the answer. @default 600,000 */
  readonly idleMs?: number;
  /**
   * A break later than that after sending is no leftover of idle time: the request was being worked on.
   * 0: none ever is, for upstreams that are not our own.
   * @default 100: nginx that reloads below full load on a busy machine was seen after 67 ms at the latest
   */
  readonly idleResetMs?: number;
  readonly now?: () => number;
}

/** An upstream with kept-alive connections, as many as there are requests at a time. */
export function openUpstream(
  { url, certificateAuthority, proxy }: Target,
  {
    connectMs = 5_000,
    keepAliveMs = 60_000,
    ageMs = 300_000,
    idleMs = 600_000,
    idleResetMs = 100,
    now = systemRuntime.now,
  }: UpstreamSettings = {},
): Upstream {
  const prefix = url.pathname.replace(/\/+$/, '');
  const direct = buildConnector({ timeout: connectMs, ca: certificateAuthority });
  const connect = proxy === undefined ? direct : throughProxy(proxy, direct, connectMs);
  const idle: Connection[] = [];
  const tools = { release, now, idleResetMs };
  let closed = false;

  function open(): Connection {
    const client = new Client(url.origin, {
      connect(options, callback) {
        connection.answers = 0;
        connection.socket = undefined;
        const socket: unknown = connect(options, (...outcome) => {
          connection.socket ??= outcome[1] ?? undefined;
          callback(...outcome);
        });
        if (socket instanceof Socket) connection.socket = socket;
      },
      headersTimeout: idleMs,
      bodyTimeout: idleMs,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    });
    const connection: Connection = { client, openedAt: now(), answers: 0 };
    client.on('disconnect', () => {
      const index = idle.indexOf(connection);
      if (index === -1) return;
      idle.splice(index, 1);
      discard(connection);
    });
    return connection;
  }

  function release(connection: Connection): void {
    connection.answers += 1;
    if (closed || isOld(connection)) discard(connection);
    else idle.push(connection);
  }

  function isOld({ openedAt }: Connection): boolean {
    return now() - openedAt >= ageMs;
  }

  /** The one used last; the others grow idle and are closed. */
  function take(): Connection {
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      if (!isOld(connection)) return connection;
      discard(connection);
    }
    return open();
  }

  return {
    send(request, events) {
      const connection = take();
      const silenceMs = request.idleMs ?? idleMs;
      const exchange = new ConnectionExchange(connection, events, tools);
      connection.client.dispatch(
        {
          method: 'POST',
          path: prefix + request.path,
          headers: request.headers,
          body: request.body,
          headersTimeout: silenceMs,
          bodyTimeout: silenceMs,
        },
        exchange,
      );
      return exchange;
    },
    close() {
      closed = true;
      for (const connection of idle.splice(0)) discard(connection);
    },
  };
}

interface ExchangeTools {
  readonly release: (connection: Connection) => void;
  readonly now: () => number;
  readonly idleResetMs: number;
}

/** One request on its connection, as undici tells of it. */
class ConnectionExchange implements Exchange, Dispatcher.DispatchHandler {
  readonly #connection: Connection;
  readonly #events: UpstreamEvents;
  readonly #tools: ExchangeTools;
  #controller: Dispatcher.DispatchController | undefined;
  #sentAt = 0;
  #bytesBefore = 0;
  #answered = false;
  #over = false;

  constructor(connection: Connection, events: UpstreamEvents, tools: ExchangeTools) {
    this.#connection = connection;
    this.#events = events;
    this.#tools = tools;
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    discard(this.#connection);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#sentAt = this.#tools.now();
    this.#bytesBefore = this.#connection.socket?.bytesRead ?? 0;
    this.#events.onSent();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return;
    this.#answered = true;
    this.#events.onAnswer(status, headers);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#events.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#over = true;
    this.#tools.release(this.#connection);
    this.#events.onEnd();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    if (this.#over) return;
    this.#over = true;
    const kind = this.#kindOf(error);
    discard(this.#connection);
    this.#events.onFailure(kind);
  }

  #kindOf(error: Error): FailureKind {
    const { answers, socket } = this.#connection;
    const { now, idleResetMs } = this.#tools;
    if (this.#controller === undefined) return codeOf(error) === 'ECONNREFUSED' ? 'refused' : 'unreachable';
    if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError)
      return 'timeout';
    const untouched = !this.#answered && socket?.bytesRead === this.#bytesBefore;
    const wasIdle = answers > 0 && now() - this.#sentAt < idleResetMs;
    return untouched && wasIdle && RESETS.has(codeOf(error)) ? 'idle_reset' : 'cut';
  }
}

function discard({ client, socket }: Connection): void {
  socket?.destroy();
  void client.destroy();
}

/** How a connection that the other side closed looks here. */
const RESETS: ReadonlySet<string | undefined> = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
