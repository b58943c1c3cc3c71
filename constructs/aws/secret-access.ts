import type { Environment } from '../../contracts/environment.ts';
import type { Place } from './place.ts';

/** ARN of a secret that the environment names, without the six characters that AWS adds to it. */
export function secretArn({ secrets }: Environment, name: string, place: Place): string {
  const reference = secrets[name];
  if (reference === undefined || !('aws' in reference))
    throw new Error(`secret ${name} is not kept in AWS Secrets Manager`);
  return place.arn('secretsmanager', `secret:${reference.aws}`);
}

/** The same as the resource of a policy. */
export function secretPattern(environment: Environment, name: string, place: Place): string {
  return `${secretArn(environment, name, place)}-??????`;
}
