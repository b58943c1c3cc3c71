import type { IncomingHttpHeaders } from 'node:http';
import {
  CONVERSATION,
  HOP_KEY,
  MODEL,
  PIN,
  RELEASE,
  REQUEST_ID,
  ROUTING_KEY,
} from '../../../contracts/headers.ts';
import { routingKey } from '../../../contracts/routing-key.ts';
import type { ApiKey } from '../../../contracts/secret.ts';
import { ApiError } from '../../common/http/errors.ts';
import type { Dialect } from '../dialect.ts';
import type { JsonBody } from '../http/request-body.ts';
import type { UpstreamRequest } from '../http/upstream.ts';
import { isObject, type Json } from '../json.ts';
import { editMembers } from '../json-edit.ts';
import { isSingle } from '../limits/reservation.ts';
import { policyEdits } from '../request-policy.ts';
import type { ModelTable, ServedModel } from './models.ts';
import type { UsageShown } from './stream-watch.ts';

/** What a client sent, after it was authenticated. */
export interface ClientRequest {
  readonly id: string;
  readonly key: ApiKey;
  readonly dialect: Dialect;
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonBody;
}

/** What the router is sent for it. */
export interface EdgeRequest {
  readonly model: ServedModel;
  readonly stream: boolean;
  /** How much of the usage that the gateway asks for reaches the client. */
  readonly usageShown: UsageShown;
  /** The body as it is sent, compression apart. */
  readonly json: Json;
  readonly upstream: UpstreamRequest;
}

/** @throws ApiError if the model, the pin or the shape of the body does not allow it. */
export function planEdgeRequest(
  { id, key, dialect, headers, body }: ClientRequest,
  { models, hopKey }: { readonly models: ModelTable; readonly hopKey: string },
): EdgeRequest {
  const { json } = body;
  const name = json.model;
  if (typeof name !== 'string' || name === '')
    throw new ApiError(400, 'The body must name a `model` as a string.', { param: 'model' });
  const model = models.resolve(name, key.models);
  const pin = allowedPin(headers[RELEASE], key, model);
  const stream = json.stream === true;
  const asksForUsage = stream && dialect.usageOnRequest && mayHoldOptions(json.stream_options);
  const usageShown = asksForUsage ? shownUsage(json.stream_options) : 'all';
  const edits: Json = {
    ...policyEdits(json, dialect, model),
    ...(model.name === name ? {} : { model: model.name }),
    ...(asksForUsage ? { stream_options: withUsage(json) } : {}),
  };
  return {
    model,
    stream,
    usageShown,
    json: Object.keys(edits).length === 0 ? json : { ...json, ...edits },
    upstream: {
      idleMs: model.idleSeconds === undefined ? undefined : model.idleSeconds * 1_000,
      path: dialect.path,
      body: editMembers(body.bytes, json, edits),
      headers: {
        'content-type': 'application/json',
        accept: headers.accept ?? '*/*',
        ...picked(headers, TRACE),
        [REQUEST_ID]: id,
        [HOP_KEY]: hopKey,
        [MODEL]: model.name,
        [ROUTING_KEY]: routingKey(key.id, {
          conversation: first(headers[CONVERSATION]),
          model: name,
          body: json,
        }),
        [PIN]: pin,
      },
    },
  };
}

function allowedPin(
  header: string | string[] | undefined,
  key: ApiKey,
  { name, releases }: ServedModel,
): string {
  const pin = first(header) ?? '';
  if (pin === '') return '';
  if (!key.pin)
    throw new ApiError(403, `This key may not choose a release; leave out ${RELEASE}.`, {
      param: RELEASE,
      code: 'pin_not_allowed',
    });
  if (!releases.has(pin))
    throw new ApiError(
      400,
      `${RELEASE}: ${name} has no such release; it has ${[...releases.keys()].join(', ')}.`,
      {
        param: RELEASE,
        code: 'unknown_release',
      },
    );
  return pin;
}

/** Anything but an object is left for the server to refuse. */
function mayHoldOptions(options: unknown): boolean {
  return options === undefined || options === null || isObject(options);
}

function shownUsage(options: unknown): UsageShown {
  if (!isObject(options) || options.include_usage !== true) return 'none';
  return options.continuous_usage_stats === true ? 'all' : 'last';
}

/**
 * Usage at the end, for the bill, and in every chunk, for the bill of a stream that does not reach its end. With
 * several choices vLLM counts each for itself, so that the sum stands in the last chunk only.
 */
function withUsage(json: Json): Json {
  const { stream_options: options } = json;
  return {
    ...(isObject(options) ? options : {}),
    include_usage: true,
    ...(isSingle(json) ? { continuous_usage_stats: true } : {}),
  };
}

const TRACE = ['traceparent', 'tracestate'];

function picked(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = first(headers[name]);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
