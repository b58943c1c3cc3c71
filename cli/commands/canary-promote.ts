import { weightedReleases } from '../../contracts/release.ts';
import { bandOf } from '../../rollout/weights.ts';
import { type ChangeFlags, type ChangeResult, changeModel } from '../canary/change-model.ts';
import { requireModel } from '../canary/model.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { readEnvironment } from '../project.ts';

/**
 * Makes the canary stable and gives it the whole band: roles are pointers, so no machine changes. The release that was
 * stable is canary at weight 0, and can be retired.
 * @throws UsageError, EnvironmentError, Failure, Interrupted
 */
export async function canaryPromote(
  name: string,
  model: string,
  flags: ChangeFlags,
  context: Context,
): Promise<ChangeResult> {
  const environment = readEnvironment(context.project, name);
  requireModel(environment, model);
  const releases = weightedReleases(environment, model);
  const stable = releases.find(({ role }) => role === 'stable');
  const canary = releases.find(({ role }) => role === 'canary');
  if (stable === undefined || canary === undefined)
    throw new UsageError(
      `${model} has no release with role ${stable === undefined ? 'stable' : 'canary'}; nothing can be promoted`,
    );
  const from = Object.fromEntries(releases.map((release) => [release.name, release.weight]));
  const pair = { from, stable: stable.name, canary: canary.name };
  return changeModel(
    environment,
    {
      model,
      weights: { ...from, [stable.name]: 0, [canary.name]: bandOf(pair) },
      roles: { [stable.name]: 'canary', [canary.name]: 'stable' },
    },
    flags,
    context,
  );
}
