import type { Environment } from '../../contracts/environment.ts';
import { weightedReleases } from '../../contracts/release.ts';
import type { RolloutRecord } from '../../contracts/rollout.ts';
import type { OpenRollout } from '../../plan/surroundings.ts';
import { nextAction, percentOf } from '../../rollout/next-action.ts';
import { weightsAt } from '../../rollout/weights.ts';
import type { Context } from '../context.ts';
import { Failure } from '../errors.ts';
import { environmentFile } from '../project.ts';
import type { Weights } from './assignments.ts';
import { openRollouts, type Rollouts } from './rollouts.ts';
import { openShelf } from './shelf.ts';

/** The open rollouts of an environment. */
export async function findOpenRollouts(
  environment: Environment,
  context: Context,
): Promise<{ readonly rollouts: Rollouts; readonly open: readonly RolloutRecord[] }> {
  const rollouts = openRollouts(await openShelf(environment, context));
  return { rollouts, open: await rollouts.open(Object.keys(environment.models)) };
}

/** The weights that a rollout holds its model at, in basis points. */
export function heldWeights(record: RolloutRecord): Weights {
  const { state, settings } = record;
  if (state.phase === 'gated')
    return state.step === 0 ? record.from : weightsAt(record, settings.steps[state.step - 1] ?? 0);
  if ('step' in state) return weightsAt(record, percentOf(record, state.step));
  const action = nextAction(record);
  return 'weights' in action ? action.weights : record.to;
}

/** As the plan's rules know it. */
export function asOpenRollout(record: RolloutRecord): OpenRollout {
  const weight = (heldWeights(record)[record.canary] ?? 0) / 100;
  return { model: record.model, owner: record.owner, canary: record.canary, weight };
}

/**
 * While a rollout is open, its model keeps the weights that it holds.
 * @throws Failure that names every rollout whose model the file wants to have other weights
 */
export function refuseOtherWeights(environment: Environment, open: readonly RolloutRecord[]): void {
  const problems = open.flatMap((record) => {
    const { model, id, owner, canary, stable } = record;
    const held = heldWeights(record);
    const wanted = Object.fromEntries(
      weightedReleases(environment, model).map(({ name, weight }) => [name, weight]),
    );
    if (Object.keys({ ...held, ...wanted }).every((name) => held[name] === wanted[name])) return [];
    return [
      [
        `models.${model}.releases: rollout ${id} by ${owner} is open (${record.state.phase}) and holds ${shares([stable, canary], held)},`,
        `${environmentFile(environment.name)} wants ${shares([stable, canary], wanted)};`,
        `wait until it ends, end it with \`fleet canary rollback ${environment.name} ${model}\`, or close it as it is with --take-over`,
      ].join(' '),
    ];
  });
  if (problems.length > 0) throw new Failure(problems.join('\n'));
}

/** Refuses whatever would change a model's weights itself. @throws Failure */
export function refuseOpen(open: readonly RolloutRecord[], model: string): void {
  const record = open.find((candidate) => candidate.model === model);
  if (record === undefined) return;
  const { environment, id, owner, state } = record;
  throw new Failure(
    `rollout ${id} of ${model} by ${owner} is open (${state.phase}); go on with \`fleet canary run ${environment} ${model} --resume\` or end it with \`fleet canary rollback ${environment} ${model}\``,
  );
}

/** Closes rollouts as they are: whoever takes over answers for the weights from now on. */
export async function takeOver(
  rollouts: Rollouts,
  open: readonly RolloutRecord[],
  by: string,
  at: number,
): Promise<void> {
  for (const record of open) {
    const reason = `${by} took over the weights`;
    await rollouts.save({
      ...record,
      state: { phase: 'closed', outcome: 'rolled-back', reason },
      journal: [...record.journal, { at, event: 'taken over', sentence: reason, by }],
    });
  }
}

function shares(releases: readonly string[], weights: Weights): string {
  return releases.map((name) => `${name}=${(weights[name] ?? 0) / 100}`).join(' ');
}
