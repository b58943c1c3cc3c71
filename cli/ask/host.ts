import { baseUrlOf } from '../base-url.ts';
import { clientKey } from '../client-key.ts';
import type { Variables } from '../context.ts';
import { UsageError } from '../errors.ts';
import { findProject, readEnvironment } from '../project.ts';

/** Where a model is asked. */
export interface Host {
  /** Up to and with `/v1`. */
  readonly baseUrl: string;
  readonly key: string;
}

interface Wanted {
  /** Environment whose gateway is asked. */
  readonly env?: string;
  /** What --project says. */
  readonly project?: string;
}

/**
 * The gateway of an environment, else what OPENAI_BASE_URL and OPENAI_API_KEY name.
 * @throws UsageError that says which of them is missing
 */
export function hostOf({ env: name, project: given }: Wanted, folder: string, env: Variables): Host {
  if (name === undefined) {
    const { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: key } = env;
    if (!isGiven(baseUrl))
      throw new UsageError(
        'which model host? Give --env with the name of an environment, or OPENAI_BASE_URL and OPENAI_API_KEY',
      );
    if (!isGiven(key)) throw new UsageError('OPENAI_BASE_URL is given and OPENAI_API_KEY is not; set both');
    return { baseUrl, key };
  }
  const project = findProject(folder, given);
  const environment = readEnvironment(project, name);
  const baseUrl = baseUrlOf(environment) ?? env.OPENAI_BASE_URL;
  if (!isGiven(baseUrl))
    throw new UsageError(
      `environments/${name}.yaml is on a cloud, which alone knows the gateway's address; give it as OPENAI_BASE_URL`,
    );
  const key = isGiven(env.FLEET_API_KEY) ? env.FLEET_API_KEY : clientKey(environment, { project, env }).value;
  if (!isGiven(key))
    throw new UsageError(
      `the gateway of ${name} wants a key; \`fleet key create\` makes one, give it as FLEET_API_KEY`,
    );
  return { baseUrl, key };
}

function isGiven(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
