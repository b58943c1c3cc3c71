import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { createCrowd, type Member } from '../crowd.ts';
import type { Runtime } from '../runtime.ts';
import { type ApiError, shuttingDown } from './errors.ts';
import { createH2c } from './h2c.ts';
import { byPreface } from './preface.ts';

export interface Address {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** A request under way. */
export interface Running {
  /** Ends it now: with the error as its answer, or as the last thing in an answer that has begun. */
  cutShort(error: ApiError): void;
  /** Its answer has left, or its client has. */
  closed?(): void;
}

export type Handler = (req: IncomingMessage, res: ServerResponse) => Running;

export interface HttpServer {
  /** `host:port` that it listens on. */
  readonly address: string;
  /** Accepts nothing new, lets requests finish for that long, then cuts them short. Resolves when all are over. */
  drain(seconds: number): Promise<void>;
}

/** Longer than the idle time of any balancer in front (Google's: 600 s), so that none sends into a closing connection. */
const KEEP_ALIVE_MS = 620_000;
/** For the last bytes of requests that were cut short to leave. */
const LAST_BYTES_MS = 1_000;

/** HTTP/1.1, and HTTP/2 without TLS by prior knowledge, on one port. */
export async function serve(
  handler: Handler,
  { host, port }: Address,
  runtime: Pick<Runtime, 'after'>,
): Promise<HttpServer> {
  const running = createCrowd<Open>();
  const sockets = new Set<Socket>();
  const multiplexed = new WeakSet<Socket>();
  let draining = false;

  function handle(req: IncomingMessage, res: ServerResponse): void {
    const open: Open = { res, request: undefined, place: 0 };
    running.add(open);
    res.on('close', () => {
      running.delete(open);
      open.request?.closed?.();
      if (draining) closeIdle();
    });
    open.request = handler(req, res);
  }

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (req, res) => {
    res.shouldKeepAlive &&= !draining;
    handle(req, res);
  });
  const h2c = createH2c(handle, { idleMs: KEEP_ALIVE_MS });
  const [accept] = server.listeners('connection');
  if (accept === undefined) throw new Error('an HTTP server takes connections by a listener');
  server.removeAllListeners('connection').on('connection', (connection: Socket) => {
    sockets.add(connection);
    connection.on('close', () => sockets.delete(connection));
    byPreface(connection, {
      http1: (socket) => void accept.call(server, socket),
      http2(socket) {
        multiplexed.add(socket);
        h2c.accept(socket);
      },
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

  function closeIdle(): void {
    const busy = new Set(running.members.map(({ res }) => res.req.socket));
    for (const socket of sockets) if (!busy.has(socket) && !multiplexed.has(socket)) socket.destroySoon();
  }

  return {
    address: formatAddress(server.address()),
    drain(seconds) {
      draining = true;
      for (const { res } of running.members) if (!res.headersSent) res.shouldKeepAlive = false;
      return new Promise((resolve) => {
        let cancelLast = () => {};
        const cancelCut = runtime.after(seconds * 1000, () => {
          for (const { request } of [...running.members]) request?.cutShort(shuttingDown());
          cancelLast = runtime.after(LAST_BYTES_MS, () => {
            for (const socket of sockets) socket.destroy();
          });
        });
        stopAccepting(server, () => {
          cancelCut();
          cancelLast();
          resolve();
        });
        closeIdle();
        h2c.drain();
      });
    },
  };
}

interface Open extends Member {
  readonly res: ServerResponse;
  request: Running | undefined;
}

/**
 * As `server.close`, but without what an HTTP server does besides: it also destroys connections whose answer has
 * ended but not left yet, and their clients would miss the end of it (Node 20 to 24, `closeIdleConnections`).
 */
function stopAccepting(server: Server, closed: () => void): void {
  NetServer.prototype.close.call(server, closed);
}

function formatAddress(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('not listening on a TCP port');
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}
