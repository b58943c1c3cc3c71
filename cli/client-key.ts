import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../contracts/environment.ts';
import { type ApiKey, ApiKeys } from '../contracts/secret.ts';
import type { Variables } from './context.ts';
import { Failure } from './errors.ts';
import { parseJson } from './json.ts';

/** The key that examples show and the smoke test sends. */
export interface ClientKey {
  /** As it stands in a printed command: the key itself only if it is no secret, else `$FLEET_API_KEY`. */
  readonly shown: string;
  /** Undefined: not known here. */
  readonly value?: string;
}

/**
 * A key whose text equals its public id is no secret: the development key. Any other is taken from FLEET_API_KEY.
 * @throws Failure when the keys document is missing or is no list of keys
 */
export function clientKey(
  environment: Environment,
  { project, env }: { readonly project: string; readonly env: Variables },
): ClientKey {
  const open = readKeys(environment, project, env).find(
    ({ id, sha256 }) => createHash('sha256').update(id).digest('hex') === sha256,
  );
  return open === undefined
    ? { shown: '$FLEET_API_KEY', value: env.FLEET_API_KEY }
    : { shown: open.id, value: open.id };
}

function readKeys(environment: Environment, project: string, env: Variables): ApiKey[] {
  const name = environment.gateway.keys;
  const reference = environment.secrets[name];
  if (reference === undefined || !('file' in reference || 'env' in reference)) return [];
  const [where, text] =
    'file' in reference
      ? [reference.file, readText(join(project, reference.file))]
      : [`environment variable ${reference.env}`, env[reference.env]];
  if (text === undefined) {
    throw new Failure(
      `secrets.${name}: ${where} does not exist; it must hold a JSON list of {id, sha256, pin}, one for each API key`,
    );
  }
  const keys = ApiKeys.safeParse(parseJson(text));
  if (keys.success) return keys.data;
  throw new Failure(
    `secrets.${name}: ${where} must hold a JSON list of {id, sha256, pin}, one for each API key`,
  );
}

function readText(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
