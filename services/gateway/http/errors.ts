import type { OutgoingHttpHeaders } from 'node:http';
import { ApiError, errorJson } from '../../common/http/errors.ts';

/** Tells OpenAI's clients not to send the request again by themselves: it may have been generated already. */
export const NO_CLIENT_RETRY: OutgoingHttpHeaders = { 'x-should-retry': 'false' };

/** An upstream, the way to it, or this gateway's own end kept a request from a complete answer. */
export function upstreamError(
  status: number,
  code: string,
  message: string,
  headers: OutgoingHttpHeaders = {},
): ApiError {
  return new ApiError(status, message, { type: 'upstream_error', code }, headers);
}

/** The last event of a stream that did not end well; no `[DONE]` follows it. */
export function errorEvent(error: ApiError): string {
  return `data: ${errorJson(error)}\n\n`;
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
