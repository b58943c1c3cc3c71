import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Environment } from '../contracts/environment.ts';
import { type ApiKey, ApiKeys } from '../contracts/secret.ts';
import { withLock } from '../parts/lock.ts';
import type { Context } from './context.ts';
import { Failure } from './errors.ts';
import { parseJson } from './json.ts';
import { type SecretPlace, secretPlace } from './secret-places.ts';

/** Where an environment keeps the hashes of its API keys. */
export interface KeysDocument {
  /** As the environment file names it: a file, or a secret's id. */
  readonly file: string;
  /** Absent where it is in the secret store of a cloud. */
  readonly path?: string;
  readonly place: SecretPlace;
}

/** @throws Failure where the keys are in an environment variable, so that they cannot be changed from here */
export async function keysDocumentOf(environment: Environment, context: Context): Promise<KeysDocument> {
  const { name, gateway } = environment;
  const place = await secretPlace(environment, gateway.keys, context);
  const { kind, reference } = place;
  if (kind === 'env') {
    throw new Failure(
      `secrets.${gateway.keys} of ${name} is the environment variable ${reference}, which fleet cannot change; keep the keys in a file`,
    );
  }
  return kind === 'file'
    ? { file: reference, path: resolve(context.project, reference), place }
    : { file: `${kind} secret ${reference}`, place };
}

/**
 * The keys, none where there is no value yet.
 * @throws Failure when it holds something else; its content is never part of the message
 */
export async function readKeys({ file, place }: KeysDocument): Promise<ApiKey[]> {
  const text = await place.read();
  if (text === undefined) return [];
  const keys = ApiKeys.safeParse(parseJson(text));
  if (keys.success) return keys.data;
  throw new Failure(`${file}: must hold a JSON list of {id, sha256, pin}, one for each API key`);
}

/**
 * Replaces the keys by what `change` makes of them. Nobody else changes a file meanwhile; a secret store has no lock, so
 * there it is read again.
 * @throws Failure when somebody else has changed them at the same moment
 */
export async function changeKeys(
  document: KeysDocument,
  context: Context,
  change: (keys: readonly ApiKey[]) => readonly ApiKey[],
): Promise<void> {
  const { path, file, place } = document;
  const replace = async () => {
    const text = textOf(change(await readKeys(document)));
    await place.write(text);
    return text;
  };
  if (path === undefined) {
    const text = await replace();
    if ((await place.read()) === text) return;
    throw new Failure(
      `${file} was changed by somebody else at the same moment; look with \`fleet key list\` and try again`,
    );
  }
  mkdirSync(dirname(path), { recursive: true });
  const waiting = ({ pid }: { readonly pid: number }) =>
    context.progress(`waiting: pid ${pid} is changing ${file}`);
  await withLock(`${path}.lock`, context, waiting, replace);
}

function textOf(keys: readonly ApiKey[]): string {
  const lines = keys.map((key) => `  ${JSON.stringify(key)}`);
  return `[\n${lines.join(',\n')}\n]\n`;
}
