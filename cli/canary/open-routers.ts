import type { Environment } from '../../contracts/environment.ts';
import type { Context } from '../context.ts';
import { Failure } from '../errors.ts';
import type { Routers } from './routers.ts';

/**
 * The routers of an environment.
 * @throws Failure for a platform without routers
 */
export async function openRouters(environment: Environment, context: Context): Promise<Routers> {
  switch (environment.platform) {
    case 'process': {
      const { processRouters } = await import('./process-routers.ts');
      return processRouters(environment, context);
    }
    default:
      throw new Failure(
        `${environment.name} is on platform ${environment.platform}, whose routers cannot be reached from here yet`,
      );
  }
}
