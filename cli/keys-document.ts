import { chmodSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Environment } from '../contracts/environment.ts';
import { type ApiKey, ApiKeys } from '../contracts/secret.ts';
import { PRIVATE_FILE, readIfPresent, writeAtomically } from '../parts/files.ts';
import { Failure } from './errors.ts';
import { parseJson } from './json.ts';

/** Where an environment keeps the hashes of its API keys. */
export interface KeysDocument {
  /** As the environment file names it. */
  readonly file: string;
  readonly path: string;
}

/** @throws Failure where the keys are in no file, so that they cannot be changed from here */
export function keysDocumentOf({ name, gateway, secrets }: Environment, project: string): KeysDocument {
  const reference = secrets[gateway.keys];
  if (reference !== undefined && 'file' in reference)
    return { file: reference.file, path: resolve(project, reference.file) };
  const [kind = 'unknown'] = Object.keys(reference ?? {});
  throw new Failure(
    `secrets.${gateway.keys} of ${name} is of kind ${kind}; \`fleet key\` works with kind file so far (the command to run with the cloud's own tool is to come)`,
  );
}

/**
 * The keys, none where the file does not exist yet.
 * @throws Failure when it holds something else; its content is never part of the message
 */
export function readKeys({ file, path }: KeysDocument): ApiKey[] {
  const text = readIfPresent(path)?.toString();
  if (text === undefined) return [];
  const keys = ApiKeys.safeParse(parseJson(text));
  if (keys.success) return keys.data;
  throw new Failure(`${file}: must hold a JSON list of {id, sha256, pin}, one for each API key`);
}

/** Replaces the keys in one step; the file keeps its mode, a new one is its owner's alone. */
export function writeKeys({ path }: KeysDocument, keys: readonly ApiKey[]): void {
  const exists = readIfPresent(path) !== undefined;
  const target = exists ? realpathSync(path) : path;
  const mode = exists ? statSync(target).mode & 0o777 : PRIVATE_FILE;
  const lines = keys.map(({ id, sha256, pin }) => `  ${JSON.stringify({ id, sha256, pin })}`);
  const text = `[\n${lines.join(',\n')}\n]\n`;
  mkdirSync(dirname(target), { recursive: true });
  writeAtomically(target, text, mode);
  chmodSync(target, mode);
}
