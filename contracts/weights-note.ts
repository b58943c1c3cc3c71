import type { Environment } from './environment.ts';
import { releasesOfModel } from './release.ts';

/** Name of the output of a stack that says the weights. */
export const WEIGHTS_OUTPUT = 'fleet_weights';

/**
 * What an environment's stack says of its weights as an output: a plan shows the document that holds them as a hash alone,
 * and whoever reads a plan wants to see the shares before and after.
 */
export function weightsNote(environment: Environment): string {
  const shares = Object.keys(environment.models).flatMap((model) => {
    const releases = releasesOfModel(environment, model).map(({ name, role, weight }) => [
      name,
      { weight: weight / 100, ...(role === undefined ? {} : { role }) },
    ]);
    return releases.length === 0 ? [] : [[model, Object.fromEntries(releases)]];
  });
  return JSON.stringify(Object.fromEntries(shares));
}
