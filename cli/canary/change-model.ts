import { cloudSection } from '../../contracts/cloud-section.ts';
import type { Environment } from '../../contracts/environment.ts';
import { weightedReleases } from '../../contracts/release.ts';
import type { Context } from '../context.ts';
import { Failure, UsageError } from '../errors.ts';
import { printPreview } from '../print/canary-preview.ts';
import { printCheck } from '../print/check.ts';
import { plain } from '../print/style.ts';
import { environmentFile } from '../project.ts';
import type { Weights } from './assignments.ts';
import { type DeployedWeights, deployWeights } from './deploy-weights.ts';
import {
  type ModelChange,
  readEnvironmentText,
  withModelChange,
  writeEnvironmentText,
} from './environment-text.ts';
import { openRouters } from './open-routers.ts';
import { type Preview, preview, previewWithPlan } from './preview.ts';
import { refuseWithoutCapacity } from './refusals.ts';
import { findOpenRollouts, refuseOpen } from './rollout-guard.ts';

export interface ChangeFlags {
  /** Deploy without asking. */
  readonly yes: boolean;
  /** Show what would happen, and change nothing. */
  readonly dryRun: boolean;
}

/** What became of a change of a model. */
export interface ChangeResult extends Partial<DeployedWeights> {
  readonly environment: string;
  readonly model: string;
  /** Percent by release, after the change. */
  readonly weights: Readonly<Record<string, number>>;
  /** Absent: the file says so already. */
  readonly preview?: Preview;
  readonly deployed: boolean;
  readonly seconds: number;
}

/**
 * The common way of every command that changes one model: judge, show, ask, write, deploy, wait. A cloud's plan is made
 * and judged beforehand, as `fleet up` does; on one's own hosts the deploy's plan is the plan, so that nothing is
 * planned twice.
 */
export async function changeModel(
  environment: Environment,
  change: ModelChange,
  flags: ChangeFlags,
  context: Context,
): Promise<ChangeResult> {
  const begin = context.now();
  const { name } = environment;
  const { model } = change;
  refuseOpen((await findOpenRollouts(environment, context)).open, model);
  const before = { text: readEnvironmentText(context.project, name), environment };
  const after = withModelChange(before.text, name, change);
  const result = (rest: Pick<ChangeResult, 'deployed'> & Partial<ChangeResult>): ChangeResult => ({
    environment: name,
    model,
    weights: percents(after.environment, model),
    seconds: (context.now() - begin) / 1000,
    ...rest,
  });
  if (after.text === before.text) return result({ deployed: false });
  await refuseWithoutCapacity(environment, model, weightsOf(after.environment, model), context);
  const asked = { before, after, model };
  const planned = flags.dryRun || cloudSection(environment) !== undefined;
  const shown = planned ? await previewWithPlan(asked, context) : preview(asked);
  if (flags.dryRun) return result({ deployed: false, preview: shown });
  for (const line of printPreview(environment, shown, plain).split('\n')) context.progress(line);
  refuseDenied(environment, shown);
  await agree(environment, flags, context);
  const routers = await openRouters(environment, context);
  writeEnvironmentText(context.project, name, after.text);
  try {
    return result({
      deployed: true,
      preview: shown,
      ...(await deployWeights(after.environment, routers, context)),
    });
  } catch (error) {
    context.progress(
      `${environmentFile(name)} has the new weights; \`fleet up ${name}\` delivers them, \`fleet canary set\` takes others`,
    );
    throw error;
  }
}

function refuseDenied(environment: Environment, { report }: Preview): void {
  if (report?.verdict !== 'deny' || cloudSection(environment) === undefined) return;
  const text = printCheck({ version: 1, verdict: 'deny', environments: [report] }, plain);
  throw new Failure(`${text}\nnothing was changed`);
}

/** On one's own hosts in class development nothing is asked, as with `fleet up`. */
async function agree(environment: Environment, { yes }: ChangeFlags, { ask }: Context): Promise<void> {
  const { name, platform } = environment;
  if (yes || cloudSection(environment) === undefined) return;
  if (ask === undefined)
    throw new UsageError(`${name} is on ${platform}; without a terminal, agree with --yes`);
  const answer = await ask(`Change ${name} (class ${environment.class})? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('nothing was changed');
}

function weightsOf(environment: Environment, model: string): Weights {
  return Object.fromEntries(weightedReleases(environment, model).map(({ name, weight }) => [name, weight]));
}

function percents(environment: Environment, model: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(weightsOf(environment, model)).map(([release, weight]) => [release, weight / 100]),
  );
}
