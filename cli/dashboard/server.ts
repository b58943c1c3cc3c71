import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../errors.ts';
import { type DashboardAnswer, DEFAULT_RANGE, isRange, RANGES, type Range } from './answer.ts';

/** Loopback alone: Prometheus has no passwords, and neither has this. */
const HOST = '127.0.0.1';

/** Only what comes from here runs or is asked. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** A file of the page. */
export interface Asset {
  readonly type: string;
  readonly body: string;
}

interface DashboardServerProps {
  /** Files by path, `/` first of all. */
  readonly assets: ReadonlyMap<string, Asset>;
  readonly ask: (range: Range) => Promise<DashboardAnswer>;
  /** 0 takes any that is free. */
  readonly port: number;
}

export interface DashboardServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the page and the answers to its own questions. There is no way to send a query: a range is all that can be chosen.
 * @throws Error with `code` if the port is taken
 */
export async function serveDashboard({ assets, ask, port }: DashboardServerProps): Promise<DashboardServer> {
  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      send(response, 502, 'application/json', JSON.stringify({ error: messageOf(error) }));
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isOurs(request.headers.host)) return send(response, 403, 'text/plain', 'another host\n');
    if (request.method !== 'GET') return send(response, 405, 'text/plain', 'GET only\n');
    const { pathname, searchParams } = new URL(request.url ?? '/', `http://${HOST}`);
    const asset = assets.get(pathname);
    if (asset !== undefined) return send(response, 200, asset.type, asset.body);
    if (pathname !== '/answers') return send(response, 404, 'text/plain', 'no such page\n');
    const range = searchParams.get('range') ?? DEFAULT_RANGE;
    if (!isRange(range)) {
      const known = Object.keys(RANGES).join(', ');
      return send(response, 400, 'application/json', JSON.stringify({ error: `range: one of ${known}` }));
    }
    send(response, 200, 'application/json', JSON.stringify(await ask(range)));
  }

  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(port, HOST, listening);
  });
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

/** A page of somebody else, whose name was made to lead here, sends its own name. */
function isOurs(host: string | undefined): boolean {
  return /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(host ?? '');
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'content-security-policy': POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  response.end(body);
}
