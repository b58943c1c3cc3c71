import type { IncomingMessage, ServerResponse } from 'node:http';
import { badRequest, errorBody, fieldErrors, RequestError, simulatedError } from '../errors.ts';
import type { HttpMetrics } from '../metrics/http-metrics.ts';
import { jsonFault } from '../python-json.ts';
import { isObject } from '../requests/fields.ts';
import { createAdmin } from './admin.ts';
import {
  chatEndpoint,
  completionEndpoint,
  type Endpoint,
  type EndpointParts,
  responsesEndpoint,
} from './endpoints.ts';
import { createExchange, type Exchange } from './exchange.ts';
import { createSettler, reject } from './generation.ts';

const GUARDED = ['/v1', '/v2', '/inference', '/cohere'];
/** Paths that the HTTP metrics leave out. */
const UNCOUNTED = ['/metrics', '/health', '/load', '/ping', '/version', '/server_info'];

/** What the handler needs. */
export interface HandlerParts extends EndpointParts {
  readonly healthy: () => boolean;
  readonly metricsPage: () => string;
  readonly httpMetrics: HttpMetrics;
  readonly admin: Parameters<typeof createAdmin>[0];
  readonly log: (line: string) => void;
}

const notFound = (phrase: string, code: number) =>
  JSON.stringify({ error: { message: phrase, type: phrase, param: null, code } });

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
};

/** @throws RequestError as FastAPI makes of a body that it cannot read */
function parseBody(request: IncomingMessage, text: string): unknown {
  const mediaType = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') {
    const message = "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed";
    throw new RequestError({ message, type: 'Bad Request', param: null, code: 400 });
  }
  try {
    return JSON.parse(text);
  } catch {
    const { message, position } = jsonFault(text);
    throw fieldErrors([
      {
        type: 'json_invalid',
        loc: `body.${position}`,
        msg: 'JSON decode error',
        input: {},
        ctxError: message,
      },
    ]);
  }
}

/** `/invocations` takes both kinds of body; vLLM leaves it open without a key. */
const invocationsEndpoint: Endpoint = (parts, exchange, body) => {
  if (isObject(body) && 'messages' in body) chatEndpoint(parts, exchange, body);
  else if (isObject(body) && 'prompt' in body) completionEndpoint(parts, exchange, body);
  else throw badRequest('Cannot find suitable handler for request.');
};

const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/v1/chat/completions': chatEndpoint,
  '/v1/completions': completionEndpoint,
  '/v1/responses': responsesEndpoint,
  '/invocations': invocationsEndpoint,
};

/** Answers every request of the simulator: vLLM's routes, and its own below `/simulator/`. */
export function createHandler(
  parts: HandlerParts,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const { server, clock, randomId, httpMetrics } = parts;
  const keys = new Set(server.apiKeys.map((key) => `Bearer ${key}`));
  const admin = createAdmin(parts.admin);

  const models = () => {
    const created = Math.floor(clock.wall() / 1000);
    return JSON.stringify({
      object: 'list',
      data: server.servedModelNames.map((id) => ({
        id,
        object: 'model',
        created,
        owned_by: 'vllm',
        root: server.model,
        parent: null,
        max_model_len: server.maxModelLen,
        permission: [
          {
            id: `modelperm-${randomId()}`,
            object: 'model_permission',
            created,
            allow_create_engine: false,
            allow_sampling: true,
            allow_logprobs: true,
            allow_search_indices: false,
            allow_view: true,
            allow_fine_tuning: false,
            organization: '*',
            group: null,
            is_blocking: false,
          },
        ],
      })),
    });
  };
  const pages: Readonly<Record<string, (exchange: Exchange) => void>> = {
    '/health': (exchange) => exchange.send(parts.healthy() ? 200 : 503, undefined, ''),
    '/ping': (exchange) => exchange.send(parts.healthy() ? 200 : 503, undefined, ''),
    '/version': (exchange) => exchange.sendJson(200, '{"version":"0.32.0"}'),
    '/v1/models': (exchange) => exchange.sendJson(200, models()),
    '/metrics': (exchange) =>
      exchange.send(200, 'text/plain; version=0.0.4; charset=utf-8', parts.metricsPage()),
  };
  const authorized = ({ path, request }: Exchange): boolean => {
    if (keys.size === 0 || !GUARDED.some((prefix) => path.startsWith(prefix))) return true;
    const [scheme = '', ...rest] = (request.headers.authorization ?? '').split(' ');
    return scheme.toLowerCase() === 'bearer' && keys.has(`Bearer ${rest.join(' ')}`);
  };

  const answer = async (endpoint: Endpoint, exchange: Exchange): Promise<void> => {
    const header = exchange.request.headers['x-request-id'];
    const id = typeof header === 'string' ? header : randomId();
    let subject = { id, model: '', stream: false };
    let text: string;
    try {
      text = await bodyOf(exchange.request);
    } catch {
      createSettler(parts, exchange, subject)({ outcome: 'aborted', abortedPhase: 'receiving' });
      return;
    }
    try {
      const body = parseBody(exchange.request, text);
      const { model, stream } = isObject(body) ? body : {};
      subject = { id, model: typeof model === 'string' ? model : '', stream: stream === true };
      endpoint(parts, exchange, body);
    } catch (error) {
      reject(parts, exchange, error, subject);
    }
  };

  const route = async (exchange: Exchange): Promise<void> => {
    const { request, path } = exchange;
    const method = request.method ?? 'GET';
    if (path.startsWith('/simulator/')) return admin(exchange, () => bodyOf(request));
    const endpoint = ENDPOINTS[path];
    const page = pages[path];
    if (!authorized(exchange)) {
      exchange.leaveOutVary();
      exchange.sendJson(401, '{"error":"Unauthorized"}');
      if (endpoint)
        createSettler(parts, exchange, { id: randomId(), model: '', stream: false })({ outcome: 'rejected' });
      return;
    }
    if (!UNCOUNTED.includes(path)) {
      exchange.onClose(() =>
        httpMetrics.answered({
          handler: endpoint || page ? path : 'none',
          method,
          status: exchange.status === 0 ? 200 : exchange.status,
          requestBytes: Number(request.headers['content-length'] ?? 0),
          responseBytes: exchange.responseBytes,
          seconds: (clock.now() - exchange.startedAt) / 1000,
        }),
      );
    }
    if (endpoint && method === 'POST') return answer(endpoint, exchange);
    if (page && method === 'GET') return page(exchange);
    if (endpoint || page) exchange.sendJson(405, notFound('Method Not Allowed', 405));
    else exchange.sendJson(404, notFound('Not Found', 404));
  };

  return async (request, response) => {
    const given = request.headers['x-request-id'];
    const exchange = createExchange({
      request,
      response,
      path: (request.url ?? '/').split('?')[0] ?? '/',
      startedAt: clock.now(),
      startedWall: clock.wall(),
      wall: clock.wall,
      requestId: server.requestIdHeaders
        ? typeof given === 'string'
          ? given
          : randomId() + randomId()
        : undefined,
    });
    try {
      await route(exchange);
    } catch (error) {
      parts.log(`ERROR ${exchange.path}: ${error instanceof Error ? error.stack : String(error)}`);
      if (exchange.started) exchange.destroy();
      else exchange.sendJson(500, errorBody(simulatedError(500)));
    }
  };
}
