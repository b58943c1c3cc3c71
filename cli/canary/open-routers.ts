import { cloudSection } from '../../contracts/cloud-section.ts';
import { documentsBucket } from '../../contracts/document-objects.ts';
import type { Environment } from '../../contracts/environment.ts';
import type { Context } from '../context.ts';
import { openPrometheus, prometheusUrl } from './prometheus.ts';
import type { Routers } from './routers.ts';

/**
 * The routers of an environment.
 * @throws CloudError without credentials for its cloud
 */
export async function openRouters(environment: Environment, context: Context): Promise<Routers> {
  const { name, platform } = environment;
  const cloud = cloudSection(environment);
  if (cloud !== undefined) {
    const { bucketRouters } = await import('./bucket-routers.ts');
    const { openCloud } = await import('../clouds/open-cloud.ts');
    const bucket = (await openCloud(environment, context.env)).bucket(documentsBucket(name, cloud));
    const url = prometheusUrl(environment, context.env);
    return bucketRouters(bucket, url === undefined ? undefined : openPrometheus(url));
  }
  if (platform === 'docker') {
    const { dockerRouters } = await import('./docker-routers.ts');
    return dockerRouters(environment, context);
  }
  const { processRouters } = await import('./process-routers.ts');
  return processRouters(environment, context);
}
