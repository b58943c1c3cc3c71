import type { IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import { buildConnector, Client, type Dispatcher, errors } from 'undici';
import { systemRuntime } from '../../common/runtime.ts';
import type { Target } from '../config.ts';
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
 * - `timeout`: sent, then silence for too long.
 * - `cut`: sent, then the connection broke. The request may have been worked on.
 */
export type FailureKind = 'refused' | 'unreachable' | 'timeout' | 'cut';

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

/** One undici client holds one connection, which is closed by whoever aborts what runs on it. */
interface Connection {
  readonly client: Client;
  readonly openedAt: number;
  socket?: Socket;
  /** Its answer is held back by whoever takes it. */
  paused: boolean;
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
    now = systemRuntime.now,
  }: UpstreamSettings = {},
): Upstream {
  const prefix = url.pathname.replace(/\/+$/, '');
  const direct = buildConnector({ timeout: connectMs, ca: certificateAuthority });
  const connect = proxy === undefined ? direct : throughProxy(proxy, direct, connectMs);
  const idle: Connection[] = [];
  let closed = false;

  function open(): Connection {
    const client = new Client(url.origin, {
      connect(options, callback) {
        connection.socket = undefined;
        const socket: unknown = connect(options, (...outcome) => {
          connection.socket ??= outcome[1] ?? undefined;
          callback(...outcome);
        });
        if (socket instanceof Socket) {
          connection.socket = socket;
          socket.prependListener('error', (error) => disguiseReset(connection, error));
        }
      },
      headersTimeout: idleMs,
      bodyTimeout: idleMs,
      keepAliveTimeout: keepAliveMs,
      keepAliveMaxTimeout: keepAliveMs,
    });
    const connection: Connection = { client, openedAt: now(), paused: false };
    client.on('disconnect', () => {
      const index = idle.indexOf(connection);
      if (index === -1) return;
      idle.splice(index, 1);
      discard(connection);
    });
    return connection;
  }

  function release(connection: Connection): void {
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
      const exchange = new ConnectionExchange(connection, events, release);
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

/** One request on its connection, as undici tells of it. */
class ConnectionExchange implements Exchange, Dispatcher.DispatchHandler {
  readonly #connection: Connection;
  readonly #events: UpstreamEvents;
  readonly #release: (connection: Connection) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;

  constructor(connection: Connection, events: UpstreamEvents, release: (connection: Connection) => void) {
    this.#connection = connection;
    this.#events = events;
    this.#release = release;
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    discard(this.#connection);
  }

  pause(): void {
    if (this.#controller === undefined) return;
    this.#connection.paused = true;
    this.#controller.pause();
  }

  resume(): void {
    this.#connection.paused = false;
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#events.onSent();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status >= 200) this.#events.onAnswer(status, headers);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#over) this.#events.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#over = true;
    this.#release(this.#connection);
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
    if (this.#controller === undefined) return codeOf(error) === 'ECONNREFUSED' ? 'refused' : 'unreachable';
    if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError)
      return 'timeout';
    return 'cut';
  }
}

/**
 * undici 7.30 fails an assertion, and the program with it, where a connection that is not to be kept alive closes or is
 * reset while its answer is paused: it finishes the parser then. After any other error it does not.
 */
function discard({ client, socket, paused }: Connection): void {
  socket?.destroy(paused ? new Error('discarded') : undefined);
  void client.destroy();
}

function disguiseReset({ paused }: Connection, error: NodeJS.ErrnoException): void {
  if (paused && error.code === 'ECONNRESET') error.code = 'EPIPE';
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
