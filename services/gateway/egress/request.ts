import type { IncomingHttpHeaders } from 'node:http';
import { HOP_KEY, MODEL, RELEASE, REQUEST_ID } from '../../../contracts/headers.ts';
import { ApiError } from '../../common/http/errors.ts';
import { isHopKey } from '../auth.ts';
import type { EgressState, Route } from '../config.ts';
import type { Dialect } from '../dialect.ts';
import type { JsonBody } from '../http/request-body.ts';
import type { UpstreamRequest } from '../http/upstream.ts';
import { isObject, type Json } from '../json.ts';
import { editMembers } from '../json-edit.ts';
import { policyEdits } from '../request-policy.ts';

/** @throws ApiError 403 without the hop's key, 404 if no route leads from the model and release in the headers. */
export function routeOf(headers: IncomingHttpHeaders, state: EgressState): Route {
  if (!isHopKey(headers[HOP_KEY], state.hopKey))
    throw new ApiError(403, `${HOP_KEY} is missing or wrong; only the router may send here.`, {
      code: 'hop_key_refused',
    });
  const model = String(headers[MODEL] ?? '');
  const release = String(headers[RELEASE] ?? '');
  const route = state.routeOf(model, release);
  if (route !== undefined) return route;
  throw new ApiError(
    404,
    `No route for ${MODEL} ${model || 'missing'}, ${RELEASE} ${release || 'missing'}.`,
    {
      code: 'route_not_found',
    },
  );
}

/**
 * What the endpoint is sent: its own model id, its own key, and nothing of ours but the id.
 * @throws ApiError 400 if it asks for more output than the endpoint gives.
 */
export function planEgressRequest(
  id: string,
  dialect: Dialect,
  accept: string | undefined,
  { bytes, json }: JsonBody,
  { endpointModel, maxOutputTokens }: Route,
  bearer: string | undefined,
): UpstreamRequest {
  const caps = maxOutputTokens === undefined ? {} : policyEdits(json, dialect, { caps: { maxOutputTokens } });
  return {
    path: dialect.path.slice('/v1'.length),
    body: editMembers(bytes, json, { model: endpointModel, ...caps, ...plainOptions(json) }),
    headers: {
      'content-type': 'application/json',
      accept: accept ?? '*/*',
      'accept-encoding': 'identity',
      'user-agent': 'gpt-oss-fleet',
      [REQUEST_ID]: id,
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
  };
}

/** Usage in every chunk is vLLM's own; a public host may refuse what it does not know. */
function plainOptions({ stream_options: options }: Json): Json {
  if (!isObject(options) || options.continuous_usage_stats === undefined) return {};
  const { continuous_usage_stats: _, ...rest } = options;
  return { stream_options: rest };
}
