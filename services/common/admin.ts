import type { ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { ApiError, sendError, sendJson } from './http/errors.ts';
import type { Handler } from './http/server.ts';

/** What `GET /status` says. */
export interface Status {
  /** Of a gateway. */
  readonly role?: 'edge' | 'egress';
  /** Version of the configuration in use. */
  readonly version: string;
  /** Edge: version of the API keys in use, first 12 hex digits of the SHA-256 of their document. */
  readonly keys?: string;
  /** Why the last reload was refused. Absent: it was not. */
  readonly error?: string;
}

interface AdminProps {
  readonly registry: Registry;
  readonly status: () => Status;
  readonly isReady: () => boolean;
  /** Somebody has read the metrics, whole. */
  readonly wasScraped: () => void;
  /** Edge: whether the network leads to the router. It may not yet where an instance was just started. */
  readonly reachesRouter?: () => Promise<boolean>;
}

/** `GET /metrics`, `/status`, `/ready` and `/ready/router`, on a listener of their own that clients do not reach. */
export function createAdminHandler({
  registry,
  status,
  isReady,
  wasScraped,
  reachesRouter,
}: AdminProps): Handler {
  return (req, res) => {
    const path = (req.url ?? '').split('?', 1)[0];
    if (req.method === 'GET' && path === '/metrics') {
      registry.metrics().then(
        (text) => {
          res.writeHead(200, { 'content-type': registry.contentType });
          res.end(text, wasScraped);
        },
        () => sendError(res, new ApiError(500, 'The metrics could not be rendered.')),
      );
    } else if (req.method === 'GET' && path === '/status') sendJson(res, 200, JSON.stringify(status()));
    else if (req.method === 'GET' && path === '/ready') {
      sendReady(res, isReady());
    } else if (req.method === 'GET' && path === '/ready/router' && reachesRouter !== undefined) {
      void reachesRouter().then((reached) => sendReady(res, reached && isReady()));
    } else
      sendError(
        res,
        new ApiError(404, 'Here are GET /metrics, /status, /ready and, at the edge, /ready/router.'),
      );
    return { cutShort: (error) => (res.headersSent ? undefined : sendError(res, error)) };
  };
}

function sendReady(res: ServerResponse, ready: boolean): void {
  sendJson(res, ready ? 200 : 503, JSON.stringify({ ready }));
}
