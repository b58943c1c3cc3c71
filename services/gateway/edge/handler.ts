import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiKey } from '../../../contracts/secret.ts';
import { ApiError, sendJson } from '../../common/http/errors.ts';
import { ClientGone } from '../../common/http/request-body.ts';
import type { Handler } from '../../common/http/server.ts';
import type { Log, Runtime } from '../../common/runtime.ts';
import type { EdgeCompression } from '../compression/edge.ts';
import type { EdgeState } from '../config.ts';
import { DIALECTS } from '../dialect.ts';
import { defectLine, serverError } from '../http/errors.ts';
import { readJsonBody } from '../http/request-body.ts';
import { requestIdOf } from '../http/request-id.ts';
import type { Upstream } from '../http/upstream.ts';
import type { Ledger } from '../ledger.ts';
import type { Limits } from '../limits/limits.ts';
import { needOf } from '../limits/reservation.ts';
import { beginTrace, type TracerProps } from '../tracing/tracer.ts';
import { EdgeCall } from './call.ts';
import type { Estimates } from './estimates.ts';
import type { EdgeMetrics } from './metrics.ts';
import { modelObject } from './models.ts';
import { createOverloadGuard, type OverloadGuard } from './overload.ts';
import { EdgeRelay } from './relay.ts';
import { planEdgeRequest } from './request.ts';
import { createRetryBudget } from './retry-budget.ts';

/** What the handler needs at the moment a request comes in. */
export interface EdgeNow {
  readonly state: EdgeState;
  readonly router: Upstream;
  /** When this configuration was loaded, in seconds since 1970. */
  readonly loadedAt: number;
  /** Absent: requests are not traced. */
  readonly tracing?: TracerProps;
}

interface EdgeProps {
  readonly current: () => EdgeNow;
  readonly metrics: EdgeMetrics;
  readonly ledger: Ledger;
  readonly compression: EdgeCompression;
  readonly limits: Limits;
  readonly estimates: Estimates;
  readonly runtime: Runtime;
  readonly log: Log;
}

/** The public API: decides who may, which model and which conversation, and passes answers on. */
export function createEdgeHandler(props: EdgeProps): Handler {
  const { current, metrics, runtime, log } = props;
  const budget = createRetryBudget();
  const parts = { ...props, overload: createOverloadGuard(runtime, metrics.shed) };
  const sending = { metrics, budget, runtime };
  return (req, res) => {
    const now = current();
    const call = new EdgeCall(requestIdOf(req.headers, runtime.uuid), props);
    if (now.tracing !== undefined) call.trace = beginTrace(req.headers, now.tracing);
    const relay = new EdgeRelay(now.router, call, res, sending);
    void answer(now, parts, call, req, res, relay).catch((error: unknown) => {
      if (error instanceof ClientGone) return;
      if (!(error instanceof ApiError)) log(defectLine(call.id, error));
      relay.cutShort(error instanceof ApiError ? error : serverError());
    });
    return relay;
  };
}

async function answer(
  { state, router, loadedAt }: EdgeNow,
  {
    limits,
    compression,
    overload,
  }: Pick<EdgeProps, 'limits' | 'compression'> & { readonly overload: OverloadGuard },
  call: EdgeCall,
  req: IncomingMessage,
  res: ServerResponse,
  relay: EdgeRelay,
): Promise<void> {
  const path = (req.url ?? '').split('?', 1)[0] ?? '';
  const dialect = DIALECTS.get(path);
  const listed = path === '/v1/models' || path.startsWith('/v1/models/');
  if (dialect === undefined && !listed)
    throw new ApiError(404, `Invalid URL (${req.method} ${path})`, { code: 'unknown_url' });
  const method = listed ? 'GET' : 'POST';
  if (req.method !== method)
    throw new ApiError(
      405,
      `Not allowed here: ${req.method}. Use ${method}.`,
      { code: 'method_not_allowed' },
      {
        allow: method,
      },
    );
  const key = state.keys.keyOf(req.headers.authorization);
  call.keyId = key.id;
  if (dialect !== undefined) {
    const place = overload.enter(state.overload ?? {}, Number(req.headers['content-length'] ?? 0));
    res.on('close', place.leave);
    const body = await readJsonBody(req);
    call.arrived();
    const { id } = call;
    const { headers } = req;
    const request = planEdgeRequest({ id, key, dialect, headers, body }, state);
    const need = needOf({ bytes: body.bytes, json: request.json }, request.model, dialect);
    const grant = await limits.admit(key, need);
    call.granted(grant, need);
    if (request.model.compression === undefined) return relay.start(dialect, request);
    const planned = { request, call, res, key, headers, json: body.json, ...state, router };
    return relay.start(dialect, await compression.apply(planned));
  }
  const names = path === '/v1/models' ? state.models.namesFor(key.models) : [modelNameOf(path, key, state)];
  const data = names.map((name) => modelObject(name, loadedAt));
  sendJson(
    res,
    200,
    JSON.stringify(path === '/v1/models' ? { object: 'list', data } : data[0]),
    call.headers(),
  );
  call.settle(res);
}

/** @throws ApiError 404 if the path names no model. */
function modelNameOf(path: string, key: ApiKey, { models }: EdgeState): string {
  const encoded = path.slice('/v1/models/'.length);
  let name = encoded;
  try {
    name = decodeURIComponent(encoded);
  } catch {
    // Not an encoding: it stands for itself, and no model is named so.
  }
  models.resolve(name, key.models);
  return name;
}
