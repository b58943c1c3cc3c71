import { releasesOfModel } from '../../contracts/release.ts';
import { type ChangeFlags, type ChangeResult, changeModel } from '../canary/change-model.ts';
import { requireModel } from '../canary/model.ts';
import type { Context } from '../context.ts';
import { Failure, UsageError } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { readEnvironment } from '../project.ts';

/**
 * Removes a release that takes no traffic, as a plan of its own: its machines go and nothing else changes.
 * @throws UsageError, Failure, Interrupted
 */
export async function canaryRetire(
  name: string,
  model: string,
  release: string,
  flags: ChangeFlags,
  context: Context,
): Promise<ChangeResult> {
  const environment = readEnvironment(context.project, name);
  requireModel(environment, model);
  const releases = releasesOfModel(environment, model);
  const found = releases.find((candidate) => candidate.name === release);
  if (found === undefined) {
    const known = releases.map((candidate) => candidate.name);
    throw new UsageError(`${model} has no release ${release}; ${nearest(release, known, 'releases')}`);
  }
  if (found.weight > 0)
    throw new Failure(
      `${model} ${release} has ${found.weight / 100} % of the traffic; move it away first: \`fleet canary set ${name} ${model} ${release}=0 …\``,
    );
  if (found.role === 'stable')
    throw new Failure(
      `${model} ${release} is stable; promote another release first: \`fleet canary promote ${name} ${model}\``,
    );
  return changeModel(environment, { model, remove: release }, flags, context);
}
