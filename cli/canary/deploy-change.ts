import { cloudSection } from '../../contracts/cloud-section.ts';
import type { EnvironmentReport } from '../../plan/report.ts';
import { check } from '../commands/check.ts';
import type { Context } from '../context.ts';
import { Failure } from '../errors.ts';
import { deployWeights } from './deploy-weights.ts';
import {
  type ModelChange,
  readEnvironmentText,
  withModelChange,
  writeEnvironmentText,
} from './environment-text.ts';
import type { Waiting } from './pause.ts';
import type { Routers } from './routers.ts';
import { requireWeightsAlone } from './weights-alone.ts';

const RETRY_SECONDS = 1;
/** A deploy by somebody else may hold the state for that long. */
const LONGEST_LOCK_SECONDS = 1800;

/**
 * Writes a change of a model into the file of an environment and deploys it, once whoever holds the state lets it go. On a
 * cloud the plan is made and judged first. Whatever fails, the file says what the rollout's record says.
 * @throws Failure, Interrupted
 */
export async function deployChange(
  name: string,
  change: ModelChange,
  routers: Routers,
  waiting: Waiting,
  context: Context,
  { plan = planOf, deploy = deployWeights } = {},
): Promise<void> {
  const text = readEnvironmentText(context.project, name);
  const after = withModelChange(text, name, change);
  if (after.text !== text) writeEnvironmentText(context.project, name, after.text);
  if (cloudSection(after.environment) !== undefined) requireWeightsAlone(await plan(name, context));
  const deadline = context.now() + LONGEST_LOCK_SECONDS * 1000;
  for (let told = false; ; told = true) {
    try {
      await deploy(after.environment, routers, context);
      return;
    } catch (error) {
      if (!isLocked(error) || context.now() > deadline) throw error;
      if (!told) context.progress('somebody else holds the state; waiting until it is free');
      await waiting.until(context.now() / 1000 + RETRY_SECONDS, async () => undefined);
    }
  }
}

/** The rollout that is open is this one. */
async function planOf(name: string, context: Context): Promise<EnvironmentReport> {
  const flags = { fileOnly: false, synthOnly: false, class: 'production', takeOver: true } as const;
  const [report] = (await check([name], flags, context)).environments;
  if (report === undefined) throw new Failure(`${name} was not planned`);
  return report;
}

function isLocked(error: unknown): boolean {
  return error instanceof Failure && /Error acquiring the state lock/.test(error.message);
}
