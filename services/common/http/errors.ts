import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** What OpenAI's API puts under `error`. */
export interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** An answer that a service gives itself: a status and a body in OpenAI's error shape. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  readonly headers: OutgoingHttpHeaders;

  constructor(
    status: number,
    message: string,
    { type = 'invalid_request_error', param = null, code = null }: Partial<Omit<ErrorBody, 'message'>> = {},
    headers: OutgoingHttpHeaders = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.body = { message, type, param, code };
    this.headers = headers;
  }
}

/** Ends what still runs when the time after SIGTERM is over. */
export function shuttingDown(): ApiError {
  return new ApiError(503, 'This service is shutting down. Send the request again.', {
    type: 'upstream_error',
    code: 'shutting_down',
  });
}

export function errorJson({ body }: ApiError): string {
  return JSON.stringify({ error: body });
}

export function sendError(res: ServerResponse, error: ApiError, headers: OutgoingHttpHeaders = {}): void {
  sendJson(res, error.status, errorJson(error), { ...headers, ...error.headers });
}

export function sendJson(
  res: ServerResponse,
  status: number,
  json: string,
  headers: OutgoingHttpHeaders = {},
): void {
  res.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(json),
  });
  res.end(json);
}
