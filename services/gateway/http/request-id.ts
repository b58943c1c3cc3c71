import { REQUEST_ID } from '../../../contracts/headers.ts';

const SANE = /^[\w.-]{1,128}$/;

/** The client's own request id if it can stand in a log and a header, else a fresh one. */
export function requestIdOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  fresh: () => string,
): string {
  const given = headers[REQUEST_ID];
  return typeof given === 'string' && SANE.test(given) ? given : fresh();
}
