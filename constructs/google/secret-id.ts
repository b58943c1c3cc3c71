import type { Environment } from '../../contracts/environment.ts';

/** Id in Secret Manager of a secret that the environment names. */
export function secretId({ secrets }: Environment, name: string): string {
  const reference = secrets[name];
  if (reference === undefined || !('google' in reference))
    throw new Error(`secret ${name} is not kept in Secret Manager`);
  return reference.google;
}
