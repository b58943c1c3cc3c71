import type { Registry } from 'prom-client';
import { ApiError, sendError, sendJson } from '../gateway/http/errors.ts';
import type { Handler } from '../gateway/http/server.ts';

interface AdminProps {
  readonly registry: Registry;
  /** Version of the configuration in use, and why the last reload was refused. */
  readonly status: () => { readonly version: string; readonly error?: string };
  readonly isReady: () => boolean;
  /** Somebody has read the metrics, whole. */
  readonly wasScraped: () => void;
}

/** `GET /metrics`, `/status` and `/ready`, on a listener of their own that GitHub does not reach. */
export function createAdmin({ registry, status, isReady, wasScraped }: AdminProps): Handler {
  return (req, res) => {
    const path = req.method === 'GET' ? (req.url ?? '').split('?', 1)[0] : undefined;
    if (path === '/metrics')
      registry.metrics().then(
        (text) => {
          res.writeHead(200, { 'content-type': registry.contentType });
          res.end(text, wasScraped);
        },
        () => sendError(res, new ApiError(500, 'The metrics could not be rendered.')),
      );
    else if (path === '/status') sendJson(res, 200, JSON.stringify(status()));
    else if (path === '/ready') sendJson(res, isReady() ? 200 : 503, JSON.stringify({ ready: isReady() }));
    else sendError(res, new ApiError(404, 'Here are GET /metrics, /status and /ready.'));
    return { cutShort: (error) => (res.headersSent ? undefined : sendError(res, error)) };
  };
}
