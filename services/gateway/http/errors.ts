import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** What OpenAI's API puts under `error`. */
export interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** Tells OpenAI's clients not to send the request again by themselves: it may have been generated already. */
export const NO_CLIENT_RETRY: OutgoingHttpHeaders = { 'x-should-retry': 'false' };

/** An answer that the gateway gives itself: a status and a body in OpenAI's error shape. */
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

/** An upstream, the way to it, or this gateway's own end kept a request from a complete answer. */
export function upstreamError(
  status: number,
  code: string,
  message: string,
  headers: OutgoingHttpHeaders = {},
): ApiError {
  return new ApiError(status, message, { type: 'upstream_error', code }, headers);
}

/** Ends what still runs when the time after SIGTERM is over. */
export function shuttingDown(): ApiError {
  return upstreamError(503, 'shutting_down', 'The gateway is shutting down. Send the request again.');
}

export function errorJson({ body }: ApiError): string {
  return JSON.stringify({ error: body });
}

/** The last event of a stream that did not end well; no `[DONE]` follows it. */
export function errorEvent(error: ApiError): string {
  return `data: ${errorJson(error)}\n\n`;
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

/** The answer to a request that met a defect of this program. */
export function serverError(): ApiError {
  return new ApiError(
    500,
    'The gateway failed on this request. Its log has more under the request id.',
    { type: 'server_error' },
    NO_CLIENT_RETRY,
  );
}

/** What is logged of an unexpected error: where it happened. Its message could quote a prompt. */
export function defectLine(id: string, error: unknown): Readonly<Record<string, unknown>> {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const places = stack.split('\n').filter((line) => /^ {4}at /.test(line));
  return { event: 'defect', id, name: error instanceof Error ? error.name : typeof error, stack: places };
}
