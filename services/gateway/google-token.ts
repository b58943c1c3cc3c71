import { request } from 'undici';
import { z } from 'zod';
import { googleTokenIn } from '../common/identity-file.ts';
import type { Runtime } from '../common/runtime.ts';

/** Access tokens of the service account that this program runs as. */
export interface GoogleToken {
  /** @throws Error if there is none. */
  get(): Promise<string>;
  /** Google refused it: the next `get` asks for another. */
  refused(token: string): void;
}

const Answer = z.object({ access_token: z.string().min(1), expires_in: z.number() });
const PATH = '/computeMetadata/v1/instance/service-accounts/default/token';
/** The metadata server itself gives a new token from 5 minutes before the end of the old one. */
const RENEW_BEFORE_MS = 240_000;
/** After a failure the token in hand is used on until then. */
const ASK_AGAIN_MS = 5_000;

/**
 * Tokens from Google's metadata server, which knows the identity of every Cloud Run instance and every machine.
 * Kept until shortly before they end, renewed beside the requests; one question at a time.
 */
export function createGoogleToken(
  { now }: Pick<Runtime, 'now'>,
  { host = 'metadata.google.internal', timeoutMs = 5_000 } = {},
): GoogleToken {
  let held: { readonly token: string; renewAt: number; readonly endsAt: number } | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const askedAt = now();
    const { statusCode, body } = await request(`http://${host}${PATH}`, {
      headers: { 'metadata-flavor': 'Google' },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (statusCode !== 200) {
      await body.dump();
      throw new Error(`the metadata server answered ${statusCode}`);
    }
    const { access_token: token, expires_in: seconds } = Answer.parse(await body.json());
    const endsAt = askedAt + seconds * 1_000;
    held = { token, endsAt, renewAt: endsAt - RENEW_BEFORE_MS };
    return token;
  }

  function renew(): Promise<string> {
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  return {
    async get() {
      if (held === undefined || now() >= held.endsAt) return renew();
      const { token } = held;
      if (now() >= held.renewAt) {
        held.renewAt = now() + ASK_AGAIN_MS;
        void renew().catch(() => {});
      }
      return token;
    },
    refused(token) {
      if (held?.token === token) held = undefined;
    },
  };
}

/** Tokens out of a file that is written anew before they end. One that is refused may be the last that there is. */
export function createFileToken({ date }: Pick<Runtime, 'date'>, file: string): GoogleToken {
  return { get: () => googleTokenIn(file, date()), refused: () => {} };
}
