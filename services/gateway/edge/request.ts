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
import type { Dialect } from '../dialect.ts';
import { ApiError } from '../http/errors.ts';
import type { JsonBody } from '../http/request-body.ts';
import type { UpstreamRequest } from '../http/upstream.ts';
import { isObject } from '../json.ts';
import { editMembers } from '../json-edit.ts';
import type { ModelTable, ServedModel } from './models.ts';

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
  /** The gateway asks for usage where the client did not: the answer's is to be left out. */
  readonly hideUsage: boolean;
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
  const model = models.resolve(name);
  const pin = allowedPin(headers[RELEASE], key, model);
  const stream = json.stream === true;
  const hideUsage = stream && dialect.usageOnRequest && wantsNoUsage(json.stream_options);
  const edits = {
    ...(model.name === name ? {} : { model: model.name }),
    ...(hideUsage ? { stream_options: withUsage(json.stream_options) } : {}),
  };
  return {
    model,
    stream,
    hideUsage,
    upstream: {
      path: dialect.path,
      body: editMembers(body.bytes, json, edits),
      headers: {
        'content-type': 'application/json',
        accept: headers.accept ?? '*/*',
        ...picked(headers, ['traceparent', 'tracestate']),
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
function wantsNoUsage(options: unknown): boolean {
  if (options === undefined || options === null) return true;
  return isObject(options) && options.include_usage !== true;
}

function withUsage(options: unknown): Readonly<Record<string, unknown>> {
  return { ...(isObject(options) ? options : {}), include_usage: true };
}

function picked(headers: IncomingHttpHeaders, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = first(headers[name]);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
