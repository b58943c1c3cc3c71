import type { RolloutRecord } from '../../contracts/rollout.ts';
import type { RolloutSettings } from '../../contracts/rollout-settings.ts';
import { percentOf } from '../../rollout/next-action.ts';
import { planStep } from '../../rollout/plan.ts';
import type { ReleaseSample } from '../../rollout/sample.ts';
import { stepRollout } from '../../rollout/step.ts';
import { type Behaviour, simulateTraffic } from './simulated-traffic.ts';
import { opened } from './support.ts';

export const SAME: Behaviour = { moreErrors: 0, slower: 1 };

/** What a canary is like at a share of the band, and whether it may be promoted. */
export interface Scenario {
  readonly name: string;
  readonly good: boolean;
  readonly at: (share: number) => Behaviour;
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'no difference', good: true, at: () => SAME },
  { name: '+0.5 points of errors, the margin', good: false, at: () => ({ ...SAME, moreErrors: 0.005 }) },
  { name: '+3 points of errors', good: false, at: () => ({ ...SAME, moreErrors: 0.03 }) },
  { name: 'first token × 1.5', good: false, at: () => ({ ...SAME, slower: 1.5 }) },
  {
    name: 'worse only under load (from 30 % on)',
    good: false,
    at: (share) => ({
      moreErrors: 0.05 * Math.max(0, share - 0.3),
      slower: 1 + 2 * Math.max(0, share - 0.3),
    }),
  },
];

export interface Simulated {
  readonly outcome: 'promoted' | 'rolled back' | 'undecided';
  /** Percent of the band at which it ended. */
  readonly percent: number;
  /** Since the canary got its first request. */
  readonly seconds: number;
  /** Requests that the canary got. */
  readonly exposed: number;
}

export interface Simulation {
  readonly settings: RolloutSettings;
  readonly requestsPerSecond: number;
  readonly random: () => number;
}

/** Half an hour of stable alone. */
export function simulatedBaseline({ random, requestsPerSecond }: Simulation): ReleaseSample {
  const traffic = simulateTraffic({
    ...{ random, requestsPerSecond, settleSeconds: 0, seconds: 1800, looks: 1 },
    ...{ share: 0, shareBefore: 0, canary: SAME },
  });
  return traffic.upTo(1).stable;
}

/**
 * The record that rollouts begin with, and what each of their steps needs by a baseline of its own.
 *
 * @param record One that was opened with the same settings, whose levels need not be computed again.
 */
export function openSimulated(
  simulation: Simulation,
  record: RolloutRecord = opened(simulation.settings),
): { readonly record: RolloutRecord; readonly needs: readonly number[] } {
  const { settings, requestsPerSecond } = simulation;
  const baseline = simulatedBaseline(simulation);
  const needs = settings.steps.map(
    (percent) => planStep({ settings, percent, baseline, requestsPerSecond }).seconds,
  );
  return { record: { ...record, expiresAt: Number.MAX_SAFE_INTEGER }, needs };
}

/** One rollout through the real stepper and judge, on traffic that is made for it. */
export function simulateRollout(
  start: ReturnType<typeof openSimulated>,
  { at }: Pick<Scenario, 'at'>,
  simulation: Simulation,
): Simulated {
  const { random, requestsPerSecond, settings } = simulation;
  let { record } = start;
  let now = 0;
  let exposed = 0;
  let shareBefore = 0;
  while (record.state.phase === 'applying') {
    const { step } = record.state;
    const percent = percentOf(record, step);
    const share = percent / 100;
    record = stepRollout(record, { event: 'applied', at: now, needSeconds: start.needs[step] ?? 0 }).record;
    if (record.state.phase !== 'judging') break;
    const { since, until } = record.state;
    const traffic = simulateTraffic({
      ...{ random, requestsPerSecond, looks: settings.looks, share, shareBefore, canary: at(share) },
      ...{ settleSeconds: settings.settleSeconds, seconds: until - since },
    });
    for (let look = 1; record.state.phase === 'judging'; look += 1) {
      now = since + ((until - since) * look) / settings.looks;
      const sample = { seconds: now - since, ...traffic.upTo(look) };
      record = stepRollout(record, { event: 'sampled', at: now, sample }).record;
      if (record.state.phase !== 'judging') exposed += traffic.exposed(look);
    }
    shareBefore = share;
    if (record.state.phase !== 'applying')
      return { outcome: outcomeOf(record), percent, seconds: now, exposed };
  }
  throw new Error(`a simulated rollout stands at ${record.state.phase}`);
}

function outcomeOf({ state }: RolloutRecord): Simulated['outcome'] {
  if (state.phase === 'promoting') return 'promoted';
  return state.phase === 'rolling-back' ? 'rolled back' : 'undecided';
}

/** sfc32: 2^128 states, since thousands of rollouts draw billions of numbers. */
export function randomOf(seed: number): () => number {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 1];
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let draw = 0; draw < 20; draw += 1) next();
  return next;
}
