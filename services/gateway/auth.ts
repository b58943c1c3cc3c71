import { hash, timingSafeEqual } from 'node:crypto';
import type { ApiKey } from '../../contracts/secret.ts';
import { ApiError } from '../common/http/errors.ts';

/** Finds the API key that a request carries. */
export interface KeyRing {
  readonly keys: readonly ApiKey[];
  /** @throws ApiError 401 if the header carries no key, or one that nobody was given. */
  keyOf(authorization: string | undefined): ApiKey;
}

/**
 * Keys are looked up by their hash: how long that takes tells nothing about a key. Two entries with one hash
 * would leave open whose request it is, so they are refused.
 */
export function createKeyRing(keys: readonly ApiKey[]): KeyRing {
  const byHash = new Map(keys.map((key) => [key.sha256, key]));
  if (byHash.size !== keys.length) throw new Error('keys: two entries have the same sha256; remove one');
  return {
    keys,
    keyOf(authorization) {
      const [, key] = /^bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
      if (key === undefined) throw new ApiError(401, MISSING, { code: 'invalid_api_key' });
      const found = byHash.get(hash('sha256', key));
      if (found === undefined) throw new ApiError(401, UNKNOWN, { code: 'invalid_api_key' });
      return found;
    },
  };
}

const MISSING =
  "You didn't provide an API key. Send it in the Authorization header: `Authorization: Bearer YOUR_KEY`.";
const UNKNOWN = 'Incorrect API key provided. Ask the operator of this gateway for a key.';

/** Compares a hop key without telling by time how much of it was right. */
export function isHopKey(given: string | string[] | undefined, expected: string): boolean {
  if (typeof given !== 'string') return false;
  const digest = (text: string) => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(given), digest(expected));
}
