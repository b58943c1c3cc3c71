import type { RolloutRecord } from '../../contracts/rollout.ts';
import { requireModel } from '../canary/model.ts';
import { findOpenRollouts } from '../canary/rollout-guard.ts';
import type { Context } from '../context.ts';
import { readEnvironment } from '../project.ts';

export interface HistoryResult {
  readonly environment: string;
  /** Open ones first, then the latest. */
  readonly rollouts: readonly RolloutRecord[];
}

/**
 * Rollouts with every decision and its numbers.
 * @throws UsageError, EnvironmentError, Failure
 */
export async function canaryHistory(
  name: string,
  model: string | undefined,
  context: Context,
): Promise<HistoryResult> {
  const environment = readEnvironment(context.project, name);
  if (model !== undefined) requireModel(environment, model);
  const { rollouts, open } = await findOpenRollouts(environment, context);
  const ids = new Set(open.map(({ id }) => id));
  const all = [...open, ...(await rollouts.history()).filter(({ id }) => !ids.has(id))];
  return {
    environment: name,
    rollouts: all.filter((record) => model === undefined || record.model === model),
  };
}
