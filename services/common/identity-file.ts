import { readFile } from 'node:fs/promises';
import { z } from 'zod';

/**
 * Who a program is to its cloud, where it may not ask the cloud itself: a file that the machine writes for it, anew long
 * before the rights in it end. Read whenever it is needed: it is small and in memory.
 */

/** What Google's IAM answers to `generateAccessToken`. */
const GoogleIdentity = z.object({ accessToken: z.string().min(1), expireTime: z.string() });

/** What AWS's programs read from a `credential_process`. */
const AwsIdentity = z.object({
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  SessionToken: z.string().min(1),
  Expiration: z.string(),
});

/** @throws Error if there is no token, or one that has ended; its message has no token in it */
export async function googleTokenIn(file: string, now: Date): Promise<string> {
  const { accessToken, expireTime } = await identityIn(file, GoogleIdentity);
  if (new Date(expireTime) <= now) throw new Error(`${file}: the token ended at ${expireTime}`);
  return accessToken;
}

/** As clients of AWS's SDK take it: they ask again before `expiration`. @throws Error without a value in its message */
export async function awsCredentialsIn(file: string) {
  const identity = await identityIn(file, AwsIdentity);
  return {
    accessKeyId: identity.AccessKeyId,
    secretAccessKey: identity.SecretAccessKey,
    sessionToken: identity.SessionToken,
    expiration: new Date(identity.Expiration),
  };
}

async function identityIn<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(file, 'utf8');
  const { data, error } = schema.safeParse(parsed(text));
  if (error !== undefined) throw new Error(`${file}: no identity: ${z.prettifyError(error)}`);
  return data;
}

/** Errors of `JSON.parse` quote the text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
