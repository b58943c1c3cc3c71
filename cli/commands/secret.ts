import { ApiKeys } from '../../contracts/secret.ts';
import { CloudError } from '../clouds/cloud.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { parseJson } from '../json.ts';
import { readEnvironment } from '../project.ts';
import { type SecretPlace, secretPlace } from '../secret-places.ts';

/** What both clouds take of one secret. */
const LARGEST_BYTES = 65_536;

export interface SecretChange {
  readonly environment: string;
  readonly name: string;
  readonly kind: SecretPlace['kind'];
  readonly reference: string;
  readonly action: 'created' | 'new version' | 'replaced';
}

/** A secret without its value. */
export interface ListedSecret {
  readonly name: string;
  readonly kind: SecretPlace['kind'];
  readonly reference: string;
  readonly state: 'present' | 'empty' | 'absent' | 'unknown';
  /** Why the state is unknown. */
  readonly why?: string;
}

export interface SecretList {
  readonly environment: string;
  readonly secrets: readonly ListedSecret[];
}

/**
 * Gives a secret a new value, which comes from the terminal without echo or from stdin, never from the command line.
 * @throws UsageError for an unknown name or a value that cannot be right, Failure where it cannot be written
 */
export async function setSecret(
  environmentName: string,
  name: string,
  context: Context,
): Promise<SecretChange> {
  const environment = readEnvironment(context.project, environmentName);
  const place = await secretPlace(environment, name, context);
  const value = await newValue(name, context);
  if (name === environment.gateway.keys && !ApiKeys.safeParse(parseJson(value)).success) {
    throw new UsageError(
      `${name} holds the hashes of the API keys, a JSON list of {id, sha256, pin}; \`fleet key create <id> ${environmentName}\` makes one`,
    );
  }
  const action = await place.write(value);
  return { environment: environmentName, name, kind: place.kind, reference: place.reference, action };
}

async function newValue(name: string, { askHidden, readInput }: Context): Promise<string> {
  const given = askHidden === undefined ? await readInput() : await askHidden(`${name}: `);
  const value = given.replace(/\r?\n$/, '');
  if (value.trim() === '') throw new UsageError(`${name}: the value is empty; nothing was written`);
  if (Buffer.byteLength(value) > LARGEST_BYTES) {
    throw new UsageError(`${name}: the value is larger than ${LARGEST_BYTES} bytes; nothing was written`);
  }
  return value;
}

/** Which secrets exist. Reads no value from a cloud. */
export async function listSecrets(environmentName: string, context: Context): Promise<SecretList> {
  const environment = readEnvironment(context.project, environmentName);
  const secrets = await Promise.all(
    Object.keys(environment.secrets).map(async (name): Promise<ListedSecret> => {
      const place = await secretPlace(environment, name, context);
      const { kind, reference } = place;
      try {
        return { name, kind, reference, state: await place.state() };
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        return { name, kind, reference, state: 'unknown', why: error.message };
      }
    }),
  );
  return { environment: environmentName, secrets };
}
