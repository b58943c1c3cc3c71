import { type CloudSection, cloudSection } from '../../contracts/cloud-section.ts';
import type { Environment } from '../../contracts/environment.ts';
import type { Variables } from '../context.ts';
import { Failure } from '../errors.ts';
import type { Cloud } from './cloud.ts';

/**
 * The cloud of an environment. Its client is loaded only now: it is large.
 * @throws Failure for an environment on one's own hosts
 */
export async function openCloud(environment: Environment, env: Variables): Promise<Cloud> {
  const section = cloudSection(environment);
  if (section === undefined) {
    throw new Failure(`${environment.name} is on platform ${environment.platform}, which is no cloud`);
  }
  return cloudOf(section, env);
}

async function cloudOf(section: CloudSection, env: Variables): Promise<Cloud> {
  if (section.platform === 'google') {
    const { GoogleCloud } = await import('./google/google-cloud.ts');
    return new GoogleCloud(section, env);
  }
  const { AwsCloud } = await import('./aws/aws-cloud.ts');
  return new AwsCloud(section, env);
}
