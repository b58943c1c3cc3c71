import type { Environment } from '../../contracts/environment.ts';
import { weightedReleases } from '../../contracts/release.ts';
import { isOpen, type RolloutRecord } from '../../contracts/rollout.ts';
import type { Context } from '../context.ts';
import { readEnvironment } from '../project.ts';
import type { Weights } from './assignments.ts';
import { driveRollout, exclusively, operator } from './drive-rollout.ts';
import { findOpenRollouts, heldWeights, refuseOtherWeights, takeOver } from './rollout-guard.ts';

/**
 * Before a deploy: rolls back what nobody has looked after for too long, and refuses a file that wants other weights
 * than a rollout that is open.
 * @returns the environment as the file says it now
 * @throws Failure
 */
export async function settleRollouts(
  environment: Environment,
  { taken }: { readonly taken: boolean },
  context: Context,
): Promise<Environment> {
  const { name } = environment;
  const { rollouts, open } = await findOpenRollouts(environment, context);
  if (open.length === 0) return environment;
  const at = context.now() / 1000;
  if (taken) {
    for (const record of open)
      await exclusively(environment, record.model, context, () =>
        takeOver(rollouts, [record], operator(context), at),
      );
    return environment;
  }
  const left: RolloutRecord[] = [];
  for (const record of open) {
    const mended =
      at > record.expiresAt && isUntouched(environment, record)
        ? await driveRollout({ environment, rollouts, record, event: { event: 'looked', at } }, context)
        : record;
    if (isOpen(mended)) left.push(mended);
  }
  const now = readEnvironment(context.project, name);
  refuseOtherWeights(now, left);
  return now;
}

/** Whether the file has the weights of the rollout or those from before it, so that nobody's own wish is lost. */
function isUntouched(environment: Environment, record: RolloutRecord): boolean {
  const wanted = Object.fromEntries(
    weightedReleases(environment, record.model).map(({ name, weight }) => [name, weight]),
  );
  return [heldWeights(record), record.from].some((weights) => sameWeights(weights, wanted));
}

function sameWeights(one: Weights, other: Weights): boolean {
  return Object.keys({ ...one, ...other }).every((name) => one[name] === other[name]);
}
