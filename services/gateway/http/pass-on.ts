import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { ApiError } from '../../common/http/errors.ts';
import { NO_CLIENT_RETRY, upstreamError } from './errors.ts';
import type { FailureKind } from './upstream.ts';

/** What both roles use to pass an answer on. */

/** Copies those of the named headers that are there. @param into Gets them, and is answered. */
export function pickHeaders(
  headers: IncomingHttpHeaders,
  names: readonly string[],
  into: OutgoingHttpHeaders = {},
): OutgoingHttpHeaders {
  for (const name of names) {
    const value = headers[name];
    if (value !== undefined) into[name] = value;
  }
  return into;
}

/** The answer to a request that got none. Where it may have been worked on, the client is told not to repeat it. */
export function failureError(kind: FailureKind, place: string): ApiError {
  switch (kind) {
    case 'refused':
    case 'unreachable':
      return upstreamError(
        502,
        'upstream_unreachable',
        `${place} cannot be reached; nothing was sent to it.`,
      );
    case 'timeout':
      return upstreamError(504, 'upstream_timeout', `${place} was silent for too long.`, NO_CLIENT_RETRY);
    case 'cut':
      return upstreamError(
        502,
        'upstream_cut',
        `${place} broke off before its answer was complete.`,
        NO_CLIENT_RETRY,
      );
  }
}
