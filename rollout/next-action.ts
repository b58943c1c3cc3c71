import type { RolloutRecord, RolloutState } from '../contracts/rollout.ts';
import type { RolloutAction } from './events.ts';
import { weightsAt } from './weights.ts';

/** What a record asks for. The same record always asks for the same. */
export function nextAction(record: RolloutRecord): RolloutAction {
  const { state, settings, salt } = record;
  switch (state.phase) {
    case 'gated':
      return { action: 'ask', why: 'gate', sentence: gateText(record, state.step) };
    case 'applying': {
      const percent = percentOf(record, state.step);
      return { action: 'apply', percent, weights: weightsAt(record, percent), salt };
    }
    case 'judging': {
      const look = (state.looks.at(-1)?.number ?? 0) + 1;
      return { action: 'sample', since: state.since, at: lookAt(state, settings.looks, look), look };
    }
    case 'paused':
      return { action: 'ask', why: 'paused', sentence: state.reason };
    case 'promoting':
      return { action: 'promote', weights: record.to, salt };
    case 'rolling-back':
      return { action: 'restore', weights: record.from, salt: record.saltBefore };
    case 'reconciling':
      return { action: 'reconcile', weights: record.from, salt: record.saltBefore };
    case 'closed':
      return { action: 'none', outcome: state.outcome };
  }
}

type Judging = Extract<RolloutState, { phase: 'judging' }>;

/** When a look is due: they are evenly spread, the last at the step's end. */
export function lookAt(
  { since, until }: Pick<Judging, 'since' | 'until'>,
  looks: number,
  number: number,
): number {
  return since + ((until - since) * number) / looks;
}

/** The latest look that is due at a time; 0: none is. */
export function lookDue(
  { since, until }: Pick<Judging, 'since' | 'until'>,
  looks: number,
  at: number,
): number {
  if (at >= until) return looks;
  return Math.max(0, Math.floor(((at - since) * looks) / (until - since)));
}

export function percentOf({ settings }: Pick<RolloutRecord, 'settings'>, step: number): number {
  const percent = settings.steps[step];
  if (percent === undefined)
    throw new Error(`rollout: step ${step} of ${settings.steps.length} does not exist`);
  return percent;
}

function gateText(record: RolloutRecord, step: number): string {
  return `${record.canary} waits for an approval to get ${percentOf(record, step)} % of the band`;
}
