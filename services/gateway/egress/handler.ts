import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { FALLBACK, MODEL, RELEASE, REQUEST_ID, UNSENT } from '../../../contracts/headers.ts';
import { ApiError, sendError } from '../../common/http/errors.ts';
import { ClientGone } from '../../common/http/request-body.ts';
import type { Handler, Running } from '../../common/http/server.ts';
import type { Log, Runtime } from '../../common/runtime.ts';
import type { EgressState, Endpoint } from '../config.ts';
import { DIALECTS } from '../dialect.ts';
import type { GoogleToken } from '../google-token.ts';
import { AnswerBody } from '../http/answer-body.ts';
import { defectLine, serverError, upstreamError } from '../http/errors.ts';
import { failureError, pickHeaders } from '../http/pass-on.ts';
import { readJsonBody } from '../http/request-body.ts';
import { requestIdOf } from '../http/request-id.ts';
import type { Exchange, FailureKind, Upstream, UpstreamRequest } from '../http/upstream.ts';
import { createEgressCall, type EgressCall } from './call.ts';
import type { Circuit, Outcome } from './circuit.ts';
import type { EgressMetrics } from './metrics.ts';
import { planEgressRequest, routeOf } from './request.ts';

/** What the handler needs at the moment a request comes in. */
export interface EgressNow {
  readonly state: EgressState;
  upstreamOf(endpoint: Endpoint): Upstream;
  circuitOf(endpoint: Endpoint): Circuit;
  readonly google: GoogleToken;
}

interface EgressProps {
  readonly current: () => EgressNow;
  readonly metrics: EgressMetrics;
  readonly runtime: Runtime;
  readonly log: Log;
}

/** The way from the router to public endpoints: their TLS, host, key, model id and caps. */
export function createEgressHandler({ current, metrics, runtime, log }: EgressProps): Handler {
  return (req, res) => {
    const now = current();
    const id = requestIdOf(req.headers, runtime.uuid);
    const call = createEgressCall(id, { metrics, log, runtime });
    const relay = createEgressRelay(call, res, mayBeSentAgain(req.headers[FALLBACK]));
    res.setHeader(REQUEST_ID, id);
    void forward(id, now, call, req, relay).catch((error: unknown) => {
      if (error instanceof ClientGone) return;
      if (!(error instanceof ApiError)) log(defectLine(id, error));
      relay.cutShort(error instanceof ApiError ? error : serverError());
    });
    return relay;
  };
}

async function forward(
  id: string,
  { state, upstreamOf, circuitOf, google }: EgressNow,
  call: EgressCall,
  req: IncomingMessage,
  relay: EgressRelay,
): Promise<void> {
  const path = (req.url ?? '').split('?', 1)[0] ?? '';
  const route = routeOf(req.headers, state);
  call.routed(String(req.headers[MODEL]), String(req.headers[RELEASE]), route.endpoint.name);
  const dialect = DIALECTS.get(path);
  if (dialect === undefined || req.method !== 'POST')
    throw new ApiError(404, `Invalid URL (${req.method} ${path})`, { code: 'unknown_url' });
  const body = await readJsonBody(req);
  const { endpoint } = route;
  const bearer = endpoint.auth === 'google' ? await googleBearer(endpoint, google) : endpoint.bearer;
  const request = planEgressRequest(id, dialect, req.headers.accept, body, route, bearer);
  relay.start(upstreamOf(endpoint), request, endpoint, {
    circuit: circuitOf(endpoint),
    onUnauthorized: () => endpoint.auth === 'google' && bearer !== undefined && google.refused(bearer),
  });
}

async function googleBearer(endpoint: Endpoint, google: GoogleToken): Promise<string> {
  try {
    return await google.get();
  } catch {
    throw upstreamError(
      502,
      'identity_unavailable',
      `Endpoint ${endpoint.name} needs a token of the own Google identity, and there is none.`,
    );
  }
}

interface EgressRelay extends Running {
  start(
    upstream: Upstream,
    request: UpstreamRequest,
    endpoint: Endpoint,
    how: { readonly circuit: Circuit; readonly onUnauthorized: () => void },
  ): void;
}

/** Of an endpoint's headers these reach the router. */
const PASSED_ON = ['content-type', 'retry-after', 'x-should-retry'];

/** Nothing reached the endpoint: the request may be sent again, or the router gives it to the release that it named. */
function mayBeSentAgain(fallback: string | string[] | undefined): OutgoingHttpHeaders {
  const isPlace = typeof fallback === 'string' && /^[a-z0-9._-]+$/.test(fallback);
  return { [UNSENT]: '1', ...(isPlace ? { 'x-accel-redirect': `@${fallback}` } : {}) };
}

/** A cut is passed on as a cut: the edge is the one that tells the client. */
function createEgressRelay(
  call: EgressCall,
  res: ServerResponse,
  unsentHeaders: OutgoingHttpHeaders,
): EgressRelay {
  let exchange: Exchange | undefined;
  let sent = false;
  let tell: (how: Outcome) => void = () => {};

  function fail(error: ApiError, unsent: boolean): void {
    if (res.writableEnded) return;
    if (res.headersSent) res.destroy();
    else sendError(res, unsent ? withHeaders(error, unsentHeaders) : error);
    call.settle(res, { cut: true });
  }

  return {
    start(upstream, request, endpoint, { circuit, onUnauthorized }) {
      if (res.closed || res.writableEnded) return;
      const admission = circuit.admit();
      if (!admission.admitted) return fail(circuitOpen(endpoint, admission.retryAfterSeconds), true);
      tell = admission.outcome;
      let body: AnswerBody | undefined;
      const started = upstream.send(request, {
        onSent() {
          sent = true;
        },
        onAnswer(status, headers) {
          tell(status >= 500 ? 'bad' : 'good');
          if (status === 401) onUnauthorized();
          res.writeHead(status, pickHeaders(headers, PASSED_ON));
          res.flushHeaders();
          body = new AnswerBody(res, started);
        },
        onData: (chunk) => body?.write(chunk),
        onEnd() {
          call.settle(res);
          body?.end();
        },
        onFailure(kind) {
          tell('bad');
          fail(failureError(kind, `Endpoint ${endpoint.name}`), isUnsent(kind));
        },
      });
      exchange = started;
    },
    closed() {
      exchange?.abort();
      tell('unknown');
      call.settle(res, { aborted: true });
    },
    cutShort(error) {
      exchange?.abort();
      tell('unknown');
      fail(error, !sent && error.status >= 500);
    },
  };
}

function circuitOpen({ name }: Endpoint, retryAfterSeconds: number): ApiError {
  return upstreamError(
    503,
    'circuit_open',
    `Endpoint ${name} failed several times in a row and is left alone for a while; nothing was sent to it.`,
    { 'retry-after': String(retryAfterSeconds) },
  );
}

function isUnsent(kind: FailureKind): boolean {
  return kind === 'refused' || kind === 'unreachable';
}

function withHeaders(error: ApiError, headers: OutgoingHttpHeaders): ApiError {
  return new ApiError(error.status, error.message, error.body, { ...error.headers, ...headers });
}
