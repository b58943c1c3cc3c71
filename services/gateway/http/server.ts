import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { Runtime } from '../runtime.ts';
import { type ApiError, shuttingDown } from './errors.ts';

export interface Address {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

/** A request under way. */
export interface Running {
  /** Ends it now: with the error as its answer, or as the last thing in an answer that has begun. */
  cutShort(error: ApiError): void;
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

export async function serve(
  handler: Handler,
  { host, port }: Address,
  runtime: Pick<Runtime, 'after'>,
): Promise<HttpServer> {
  const running = new Map<ServerResponse, Running>();
  const sockets = new Set<Socket>();
  let draining = false;

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (req, res) => {
    res.shouldKeepAlive &&= !draining;
    res.on('close', () => {
      running.delete(res);
      if (draining) closeIdle();
    });
    running.set(res, handler(req, res));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

  function closeIdle(): void {
    const busy = new Set([...running.keys()].map(({ req }) => req.socket));
    for (const socket of sockets) if (!busy.has(socket)) socket.destroySoon();
  }

  return {
    address: formatAddress(server.address()),
    drain(seconds) {
      draining = true;
      for (const res of running.keys()) if (!res.headersSent) res.shouldKeepAlive = false;
      return new Promise((resolve) => {
        let cancelLast = () => {};
        const cancelCut = runtime.after(seconds * 1000, () => {
          for (const request of running.values()) request.cutShort(shuttingDown());
          cancelLast = runtime.after(LAST_BYTES_MS, () => server.closeAllConnections());
        });
        stopAccepting(server, () => {
          cancelCut();
          cancelLast();
          resolve();
        });
        closeIdle();
      });
    },
  };
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
