import { durationText } from '../canary/duration.ts';
import type { RolloutPlan } from '../canary/rollout-plan.ts';
import { type Paint, table } from './style.ts';

/** One line per step, with what its sample needs. */
export function printRolloutPlan({ steps, seconds, unknown }: RolloutPlan, paint: Paint): string {
  const rows = steps.map(({ percent, weights, seconds: watched, sentence }) => [
    `${percent} %`,
    Object.entries(weights)
      .map(([release, weight]) => `${release}=${weight}`)
      .join(' '),
    durationText(watched),
    sentence,
  ]);
  return [
    table(['step', 'weights', 'takes', 'sample'], rows, paint),
    `at least ${durationText(seconds)} in all, and a deploy for each step`,
    ...(unknown === undefined ? [] : [paint('yellow', `the samples are not known: ${unknown}`)]),
  ].join('\n');
}
