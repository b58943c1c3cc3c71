import type { RolloutRecord } from '../../contracts/rollout.ts';
import { isOpen } from '../../contracts/rollout.ts';
import { driveRollout, operator, RunsElsewhere } from '../canary/drive-rollout.ts';
import { requireModel } from '../canary/model.ts';
import { findOpenRollouts } from '../canary/rollout-guard.ts';
import type { Context } from '../context.ts';
import { Failure } from '../errors.ts';
import { readEnvironment } from '../project.ts';

export interface RollbackResult {
  readonly environment: string;
  readonly model: string;
  readonly record: RolloutRecord;
}

const WAIT_SECONDS = 600;
const LOOK_MS = 500;

/**
 * Takes an open rollout back: at the routers at once, then in the file and in the state. Where another process runs the
 * rollout, that one is asked to.
 * @throws UsageError, EnvironmentError, Failure, Interrupted
 */
export async function canaryRollback(
  name: string,
  model: string,
  given: string | undefined,
  context: Context,
): Promise<RollbackResult> {
  const environment = readEnvironment(context.project, name);
  requireModel(environment, model);
  const { rollouts, open } = await findOpenRollouts(environment, context);
  const record = open.find((candidate) => candidate.model === model);
  if (record === undefined)
    throw new Failure(
      `no rollout of ${model} is open in ${name}; \`fleet canary set ${name} ${model} canary=0\` takes a canary's traffic away`,
    );
  const by = operator(context);
  const reason = given ?? `${by} asked for it`;
  const event = { event: 'rolled back', at: context.now() / 1000, by, reason } as const;
  try {
    const props = { environment, rollouts, record, event };
    return { environment: name, model, record: await driveRollout(props, context) };
  } catch (error) {
    if (!(error instanceof RunsElsewhere)) throw error;
    context.progress(`${error.message}; it is asked to roll back`);
  }
  await rollouts.makeWish(model, { rollout: record.id, event: 'rolled back', by, reason });
  const deadline = context.now() + WAIT_SECONDS * 1000;
  for (;;) {
    const now = await rollouts.latest(model);
    if (now !== undefined && !isOpen(now)) return { environment: name, model, record: now };
    if (context.now() > deadline)
      throw new Failure(`rollout ${record.id} is still open after ${WAIT_SECONDS} s (${now?.state.phase})`);
    await context.sleep(LOOK_MS);
  }
}
