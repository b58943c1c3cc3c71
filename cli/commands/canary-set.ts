import { weightedReleases } from '../../contracts/release.ts';
import { wantedWeights } from '../canary/assignments.ts';
import { type ChangeFlags, type ChangeResult, changeModel } from '../canary/change-model.ts';
import { requireModel } from '../canary/model.ts';
import type { Context } from '../context.ts';
import { readEnvironment } from '../project.ts';

/**
 * Gives a model's releases other weights: in the file, and at every router.
 * @throws UsageError, EnvironmentError, Failure, Interrupted
 */
export async function canarySet(
  name: string,
  model: string,
  assignments: readonly string[],
  flags: ChangeFlags,
  context: Context,
): Promise<ChangeResult> {
  const environment = readEnvironment(context.project, name);
  requireModel(environment, model);
  const weights = wantedWeights(assignments, model, weightedReleases(environment, model));
  return changeModel(environment, { model, weights }, flags, context);
}
