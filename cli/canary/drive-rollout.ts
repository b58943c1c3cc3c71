import { mkdirSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../contracts/environment.ts';
import type { JournalEntry, RolloutRecord } from '../../contracts/rollout.ts';
import { withLock } from '../../parts/lock.ts';
import type { RolloutEvent } from '../../rollout/events.ts';
import type { Context } from '../context.ts';
import { Failure } from '../errors.ts';
import { stateFolder } from '../project.ts';
import { annotate } from './annotations.ts';
import { commitEnvironment } from './commit.ts';
import { openRouters } from './open-routers.ts';
import { waiting } from './pause.ts';
import { openPrometheus, prometheusUrl } from './prometheus.ts';
import { type Decision, requireSameReleases, rolloutActions } from './rollout-actions.ts';
import { runRollout } from './rollout-loop.ts';
import { planRollout } from './rollout-plan.ts';
import type { Rollouts } from './rollouts.ts';
import { openSampler, type Sampler } from './sampler.ts';
import { WaitsForDecision } from './waits-for-decision.ts';

export interface DriveProps {
  readonly environment: Environment;
  readonly rollouts: Rollouts;
  readonly record: RolloutRecord;
  /** What begins it. */
  readonly event: RolloutEvent;
  /** Decided beforehand, for the first question. */
  readonly decision?: Decision;
  readonly expirySeconds: number;
  /** Make a commit of the file at the end. */
  readonly commit: boolean;
}

/** Who does it: `user@host`. */
export function operator({ env }: Pick<Context, 'env'>): string {
  return env.FLEET_OPERATOR ?? `${env.USER ?? userInfo().username}@${hostname()}`;
}

/**
 * Runs an open rollout to its end, as the only process on this host that does.
 * @throws Interrupted, WaitsForDecision: the rollout stays open; Failure
 */
export async function driveRollout(props: DriveProps, context: Context): Promise<RolloutRecord> {
  const { environment, rollouts, record, event, expirySeconds, commit } = props;
  const { model } = record;
  requireSameReleases(record, context.project);
  const wait = waiting(context, leftOpen(record));
  const sampler = samplerOf(environment, context);
  const routers = await openRouters(environment, context);
  let decision = props.decision;
  const plan = await planRollout({ ...record, sampler });
  const perform = rolloutActions({
    ...{ rollouts, routers, sampler, waiting: wait, by: operator(context), expirySeconds, context },
    decide: async (why, sentence) => {
      const made = decision ?? (await askFor(why, sentence, record, context));
      decision = undefined;
      return made;
    },
    need: (percent) => plan.steps.find((step) => step.percent === percent)?.needSeconds ?? 0,
    promoted: async (promoted) => {
      if (commit) await commitEnvironment(promoted, context);
    },
  });
  const told = (entry: JournalEntry) => {
    const at = entry.step === undefined ? '' : ` at ${entry.step} %`;
    context.progress(`${record.model}${at}: ${entry.sentence}`);
    annotate(record, entry, context);
  };
  try {
    return await exclusively(environment, model, context, () =>
      runRollout(record, event, { save: rollouts.save, perform, told }),
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

export function samplerOf(environment: Environment, { env }: Context): Sampler {
  const url = prometheusUrl(environment, env);
  if (url !== undefined) return openSampler(openPrometheus(url));
  const unknown = async (): Promise<never> => {
    throw new Failure('where Prometheus is on a cloud is not known here: set FLEET_PROMETHEUS_URL');
  };
  return { sample: unknown, baseline: unknown };
}

async function askFor(
  why: 'gate' | 'paused',
  sentence: string,
  { environment, model }: RolloutRecord,
  { ask }: Context,
): Promise<Decision> {
  const command = `fleet canary run ${environment} ${model} --resume`;
  const ways = why === 'gate' ? ['approve'] : ['approve', 'retry'];
  if (ask === undefined)
    throw new WaitsForDecision(
      `${sentence}\nthe rollout is open and waits: ${ways.map((way) => `\`${command} --${way}\``).join(' or ')}, or \`fleet canary rollback ${environment} ${model}\``,
    );
  for (;;) {
    const answer = (await ask(`${sentence}. ${[...ways, 'roll back'].join(', ')}? `)).trim().toLowerCase();
    if (answer === 'approve' || (answer === 'retry' && why === 'paused')) return answer;
    if (answer === 'roll back' || answer === 'rollback') return 'roll back';
  }
}

function leftOpen({ environment, model, id }: RolloutRecord): string {
  return `interrupted; rollout ${id} stays open and the weights stay as they are. Go on with \`fleet canary run ${environment} ${model} --resume\` or undo with \`fleet canary rollback ${environment} ${model}\``;
}
