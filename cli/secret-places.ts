import { chmodSync, realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from '../contracts/environment.ts';
import { PRIVATE_FILE, readIfPresent, writeAtomically } from '../parts/files.ts';
import type { Cloud } from './clouds/cloud.ts';
import { openCloud } from './clouds/open-cloud.ts';
import type { Context } from './context.ts';
import { Failure, UsageError } from './errors.ts';
import { nearest } from './nearest.ts';

/** Where one secret of an environment is kept. */
export interface SecretPlace {
  readonly kind: 'file' | 'env' | 'google' | 'aws';
  /** As the environment file names it: a path, a variable, an id. */
  readonly reference: string;
  /** `empty`: the place exists and holds no value. */
  readonly state: () => Promise<'present' | 'empty' | 'absent'>;
  /** The value; undefined where there is none. */
  readonly read: () => Promise<string | undefined>;
  readonly write: (value: string) => Promise<'created' | 'new version' | 'replaced'>;
}

/** @throws UsageError for a name that the environment has no secret of */
export async function secretPlace(
  environment: Environment,
  name: string,
  context: Pick<Context, 'project' | 'env'>,
): Promise<SecretPlace> {
  const reference = environment.secrets[name];
  if (reference === undefined) {
    throw new UsageError(
      `${environment.name} has no secret ${JSON.stringify(name)}; ${nearest(name, Object.keys(environment.secrets))}`,
    );
  }
  if ('file' in reference) return filePlace(reference.file, context.project);
  if ('env' in reference) return variablePlace(reference.env, context.env);
  const cloud = await openCloud(environment, context.env);
  return 'google' in reference
    ? cloudPlace('google', reference.google, cloud)
    : cloudPlace('aws', reference.aws, cloud);
}

function cloudPlace(kind: 'google' | 'aws', id: string, { secrets }: Cloud): SecretPlace {
  return {
    kind,
    reference: id,
    state: () => secrets.state(id),
    read: () => secrets.read(id),
    write: (value) => secrets.write(id, value),
  };
}

function filePlace(file: string, project: string): SecretPlace {
  const path = resolve(project, file);
  const read = async () => readIfPresent(path)?.toString('utf8');
  return {
    kind: 'file',
    reference: file,
    read,
    state: async () => stateOf(await read()),
    write: async (value) => {
      const exists = readIfPresent(path) !== undefined;
      const target = exists ? realpathSync(path) : path;
      const mode = exists ? statSync(target).mode & 0o777 : PRIVATE_FILE;
      writeAtomically(target, value, mode);
      chmodSync(target, mode);
      return exists ? 'replaced' : 'created';
    },
  };
}

function variablePlace(variable: string, env: Context['env']): SecretPlace {
  return {
    kind: 'env',
    reference: variable,
    read: async () => env[variable],
    state: async () => stateOf(env[variable]),
    write: async () => {
      throw new Failure(`it is the environment variable ${variable}: set it where fleet is started`);
    },
  };
}

function stateOf(value: string | undefined): 'present' | 'empty' | 'absent' {
  if (value === undefined) return 'absent';
  return value === '' ? 'empty' : 'present';
}
