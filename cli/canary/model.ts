import type { Environment } from '../../contracts/environment.ts';
import { UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { environmentFile } from '../project.ts';

/** @throws UsageError for a model that the environment does not have, or that has no releases of its own */
export function requireModel({ name, models }: Environment, model: string): void {
  const found = models[model];
  if (found === undefined)
    throw new UsageError(
      `${environmentFile(name)} has no model ${model}; ${nearest(model, Object.keys(models), 'models')}`,
    );
  if (found.releases === undefined)
    throw new UsageError(`${model} has no releases: it is an alias of ${found.alias}; name that one`);
}
