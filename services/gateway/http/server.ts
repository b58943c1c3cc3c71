import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
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
  let draining = false;

  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (req, res) => {
    res.shouldKeepAlive &&= !draining;
    res.on('close', () => {
      running.delete(res);
      if (draining) setImmediate(() => server.closeIdleConnections());
    });
    running.set(res, handler(req, res));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });

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
        server.close(() => {
          cancelCut();
          cancelLast();
          resolve();
        });
        server.closeIdleConnections();
      });
    },
  };
}

function formatAddress(address: AddressInfo | string | null): string {
  if (address === null || typeof address === 'string') throw new Error('not listening on a TCP port');
  return address.family === 'IPv6'
    ? `[${address.address}]:${address.port}`
    : `${address.address}:${address.port}`;
}
