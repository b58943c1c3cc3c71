import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** One request as the upstream got it. */
export interface Received {
  readonly id: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly json: Record<string, unknown>;
  readonly socket: Socket;
  readonly res: ServerResponse;
  /** Resolves when its connection or answer is over: true if the answer was complete. */
  readonly closed: Promise<boolean>;
}

export type Respond = (received: Received) => void;

export interface FakeUpstream {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly Received[];
  /** Connections ever accepted. */
  readonly connections: () => number;
  respond: Respond;
  close(): Promise<void>;
}

interface FakeOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
  /** @default - a free one */
  readonly port?: number;
  /** Called when a request's head arrives, before its body. */
  readonly onHead?: (req: IncomingMessage) => void;
}

/** A real HTTP server whose answers a test scripts. Closed when the test ends. */
export async function fakeUpstream(
  respond: Respond,
  { tls, port = 0, onHead }: FakeOptions = {},
): Promise<FakeUpstream> {
  const requests: Received[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const handle = (req: IncomingMessage, res: ServerResponse) => {
    onHead?.(req);
    const closed = new Promise<boolean>((resolve) => res.on('close', () => resolve(res.writableFinished)));
    const chunks: Buffer[] = [];
    req.on('error', () => {});
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks);
      const received: Received = {
        id: String(req.headers['x-request-id']),
        path: req.url ?? '',
        headers: req.headers,
        body,
        json: JSON.parse(body.toString() || '{}') as Record<string, unknown>,
        socket: req.socket,
        res,
        closed,
      };
      requests.push(received);
      fake.respond(received);
    });
  };
  const server = tls === undefined ? createServer(handle) : createTlsServer(tls, handle);
  server.keepAliveTimeout = 75_000;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address() as AddressInfo;
  const fake: FakeUpstream = {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    port: address.port,
    requests,
    connections: () => connections,
    respond,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  onTestFinished(() => fake.close());
  return fake;
}
