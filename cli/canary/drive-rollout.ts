import { mkdirSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../contracts/environment.ts';
import type { RolloutRecord } from '../../contracts/rollout.ts';
import { withLock } from '../../parts/lock.ts';
import type { RolloutEvent } from '../../rollout/events.ts';
import type { Context } from '../context.ts';
import { Failure } from '../errors.ts';
import { readEnvironment, stateFolder } from '../project.ts';
import { annotate } from './annotations.ts';
import { commitEnvironment } from './commit.ts';
import { askDecision, type Decision } from './decision.ts';
import { deployChange } from './deploy-change.ts';
import { openRouters } from './open-routers.ts';
import { waiting } from './pause.ts';
import { rolloutActions } from './rollout-actions.ts';
import { runRollout } from './rollout-loop.ts';
import { planRollout, type RolloutPlan } from './rollout-plan.ts';
import type { Rollouts } from './rollouts.ts';
import { samplerOf } from './sampler.ts';

export interface DriveProps {
  readonly environment: Environment;
  readonly rollouts: Rollouts;
  readonly record: RolloutRecord;
  /** What begins it. */
  readonly event: RolloutEvent;
  /** Decided beforehand, for the first question. */
  readonly decision?: Decision;
  /** What each step needs. @default - asked for when a step begins */
  readonly plan?: RolloutPlan;
  /** @default 86400 */
  readonly expirySeconds?: number;
  /** Make a commit of the file at the end. @default false */
  readonly commit?: boolean;
}

/** How long a rollout may be left alone, where nobody says otherwise. */
export const EXPIRY_SECONDS = 86_400;

/** Who does it: `user@host`. */
export function operator({ env }: Pick<Context, 'env'>): string {
  return env.FLEET_OPERATOR ?? `${env.USER ?? userInfo().username}@${hostname()}`;
}

/**
 * Runs an open rollout to its end, as the only process on this host that does.
 * @throws Interrupted, WaitsForDecision: the rollout stays open; RunsElsewhere, MovedOn; Failure
 */
export async function driveRollout(props: DriveProps, context: Context): Promise<RolloutRecord> {
  const { environment, rollouts, record, event, expirySeconds = EXPIRY_SECONDS, commit = false } = props;
  requireSameReleases(record, context.project);
  const { name } = environment;
  const wait = waiting(context, leftOpen(record));
  const sampler = samplerOf(environment, context);
  const routers = await openRouters(environment, context);
  let { decision, plan } = props;
  const perform = rolloutActions({
    ...{ rollouts, routers, sampler, waiting: wait, by: operator(context), expirySeconds, context },
    decide: async (question, early) => {
      const made = decision;
      decision = undefined;
      return made ?? askDecision(question, record, early, { ask: context.ask, waiting: wait });
    },
    deploy: (change) => deployChange(name, change, routers, wait, context),
    need: async (percent) => {
      plan ??= await planRollout({ ...record, sampler });
      return plan.steps.find((step) => step.percent === percent)?.needSeconds ?? 0;
    },
    promoted: async (promoted) => {
      if (commit) await commitEnvironment(promoted, context);
    },
  });
  try {
    return await exclusively(environment, record.model, context, () =>
      runRollout(record, event, {
        save: rollouts.save,
        perform,
        told: (entry) => {
          const at = entry.step === undefined ? '' : ` at ${entry.step} %`;
          context.progress(`${record.model}${at}: ${entry.sentence}`);
          annotate(record, entry, context);
        },
      }),
    );
  } finally {
    wait.end();
  }
}

/** Runs an action as the only one on this host that runs rollouts of the model. */
export function exclusively<T>(
  { name }: Environment,
  model: string,
  context: Context,
  action: () => Promise<T>,
): Promise<T> {
  const folder = join(stateFolder(context.project, name), 'rollouts');
  mkdirSync(folder, { recursive: true });
  return withLock(
    join(folder, `${model}.lock`),
    context,
    ({ pid }) => {
      throw new RunsElsewhere(`process ${pid} runs the rollout of ${model}`);
    },
    action,
  );
}

/** Another process on this host runs it. */
export class RunsElsewhere extends Failure {}

/** @throws Failure unless the file has the releases that a rollout was opened with */
function requireSameReleases(
  { environment, model, from, stable, canary }: RolloutRecord,
  project: string,
): void {
  const releases = readEnvironment(project, environment).models[model]?.releases ?? {};
  const missing = [...new Set([stable, canary, ...Object.keys(from)])].filter((name) => !(name in releases));
  if (missing.length > 0)
    throw new Failure(
      `the rollout of ${model} counts on ${missing.join(', ')}, which the file does not have any more; put it back`,
    );
}

function leftOpen({ environment, model, id }: RolloutRecord): string {
  return `interrupted; rollout ${id} stays open and the weights stay as they are. Go on with \`fleet canary run ${environment} ${model} --resume\` or undo with \`fleet canary rollback ${environment} ${model}\``;
}
