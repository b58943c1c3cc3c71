import { createHash, randomBytes } from 'node:crypto';
import type { Environment } from '../../contracts/environment.ts';
import { limitsOf } from '../../contracts/limits.ts';
import type { Limits } from '../../contracts/schema/limits.ts';
import { ApiKey, type KeyLimits } from '../../contracts/secret.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { type GatewayAnswer, tellGateway } from '../gateway-keys.ts';
import { hostOf } from '../host.ts';
import { changeKeys, type KeysDocument, keysDocumentOf, readKeys } from '../keys-document.ts';
import { nearest } from '../nearest.ts';
import { readEnvironment } from '../project.ts';

/** A key without anything that opens the gateway. */
export interface ListedKey {
  readonly id: string;
  readonly pin: boolean;
  /** Public names of the models that it may use. Absent: all. */
  readonly models?: readonly string[];
  /** What holds for it: its own limits, else the environment's. */
  readonly limits: Limits;
  /** First 8 hex digits of its SHA-256. */
  readonly hash: string;
}

/** What a new key may do. */
export interface KeyRights {
  readonly pin: boolean;
  /** @default - all models */
  readonly models?: readonly string[];
  /** @default - the environment's; null: none */
  readonly limits?: KeyLimits;
}

export interface KeyList {
  readonly environment: string;
  readonly file: string;
  readonly keys: readonly ListedKey[];
}

export interface KeyChange {
  readonly environment: string;
  readonly id: string;
  readonly action: 'created' | 'revoked';
  readonly file: string;
  readonly gateway: GatewayAnswer;
}

export interface CreatedKey extends KeyChange {
  /** The key itself: from now on nobody but its reader knows it. */
  readonly key: string;
}

const KEY_BYTES = 32;
const HASH_SHOWN = 8;

/**
 * Makes a key and stores its hash.
 * @throws UsageError for an id that is malformed or taken, Failure where the keys cannot be changed from here
 */
export async function createKey(
  id: string,
  { pin, models, limits }: KeyRights,
  name: string,
  context: Context,
): Promise<CreatedKey> {
  if (!ApiKey.shape.id.safeParse(id).success) {
    throw new UsageError(
      `a key's id has lower-case letters, digits and hyphens, at most 63, got ${JSON.stringify(id)}`,
    );
  }
  if (models !== undefined) checkModels(models, readEnvironment(context.project, name));
  const key = `fleet-${randomBytes(KEY_BYTES).toString('base64url')}`;
  const sha256 = createHash('sha256').update(key).digest('hex');
  const change = await changeAndTell(id, 'created', name, context, (keys, { file }) => {
    if (keys.some((known) => known.id === id)) {
      throw new UsageError(
        `${file} has a key ${id} already; choose another id or revoke it: fleet key revoke ${id} ${name}`,
      );
    }
    const own = limits !== undefined && Object.keys(limits).length > 0 ? { limits } : {};
    return [...keys, ApiKey.parse({ id, sha256, pin, models, ...own })];
  });
  return { ...change, key };
}

/** @throws UsageError for an id that no key has, Failure where the keys cannot be changed from here */
export function revokeKey(id: string, name: string, context: Context): Promise<KeyChange> {
  return changeAndTell(id, 'revoked', name, context, (keys, { file }) => {
    const rest = keys.filter((known) => known.id !== id);
    if (rest.length < keys.length) return rest;
    const hint =
      keys.length === 0
        ? 'it has none'
        : nearest(
            id,
            keys.map((known) => known.id),
          );
    throw new UsageError(`${file} has no key ${JSON.stringify(id)}; ${hint}`);
  });
}

/** @throws Failure where the keys cannot be read from here */
export async function listKeys(name: string, context: Context): Promise<KeyList> {
  const environment = readEnvironment(context.project, name);
  const document = await keysDocumentOf(environment, context);
  const keys = (await readKeys(document)).map(({ id, pin, models, limits, sha256 }) => ({
    ...{ id, pin, models },
    limits: limitsOf(limits, environment.gateway.limits),
    hash: sha256.slice(0, HASH_SHOWN),
  }));
  return { environment: name, file: document.file, keys };
}

/** @throws UsageError for a name that no model of the environment has */
function checkModels(models: readonly string[], environment: Environment): void {
  const known = Object.keys(environment.models);
  const unknown = models.find((model) => !known.includes(model));
  if (unknown !== undefined)
    throw new UsageError(
      `--models: ${environment.name} has no model ${JSON.stringify(unknown)}; ${nearest(unknown, known)}`,
    );
}

async function changeAndTell(
  id: string,
  action: KeyChange['action'],
  name: string,
  context: Context,
  change: (keys: readonly ApiKey[], document: KeysDocument) => readonly ApiKey[],
): Promise<KeyChange> {
  const environment = readEnvironment(context.project, name);
  const document = await keysDocumentOf(environment, context);
  await changeKeys(document, context, (keys) => change(keys, document));
  const gateway = await tellGateway(environment, document, hostOf(context));
  return { environment: name, id, action, file: document.file, gateway };
}
