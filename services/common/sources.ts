import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { SecretSource } from '../../contracts/secret.ts';

/** Where configuration and secrets are read from. Paths are relative to the working folder. */
export interface Sources {
  readFile(path: string): Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** First 12 hex digits of the SHA-256 of a configuration's text. */
export function versionOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** A secret that travels in a header: one line of visible characters. */
export async function readToken(field: string, source: SecretSource, sources: Sources): Promise<string> {
  const token = (await readSecret(field, source, sources)).trim();
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Error(
      `${field}: ${placeOf(source)} must hold one line of visible characters (value not shown)`,
    );
  return token;
}

export async function readSecret(field: string, source: SecretSource, sources: Sources): Promise<string> {
  if ('file' in source) return readText(field, source.file, sources);
  const value = sources.env[source.env];
  if (value === undefined) throw new Error(`${field}: ${placeOf(source)} is not set`);
  return value;
}

function placeOf(source: SecretSource): string {
  return 'file' in source ? `file ${source.file}` : `environment variable ${source.env}`;
}

export async function readText(field: string, path: string, sources: Sources): Promise<string> {
  try {
    return await sources.readFile(path);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new Error(`${field}: cannot read ${path} (${reason})`);
  }
}

export function parse<T>(schema: z.ZodType<T>, text: string, name: string): T {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error(`${name}: not valid JSON`);
  }
  const result = schema.safeParse(document);
  if (result.success) return result.data;
  throw new Error(`${name}: ${z.prettifyError(result.error)}`);
}
