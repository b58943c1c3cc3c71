import type { Aspect } from '../contracts/rollout.ts';
import type { RolloutSettings } from '../contracts/rollout-settings.ts';

/** Whether stable still has traffic at a step, to be compared with. */
export function isConcurrent(percent: number): boolean {
  return percent < 100;
}

/**
 * How much wider a step's margins are than the promised ones. What all clients together suffer is margin × share, so a
 * small share may be let through on a wide margin, which takes few requests, and the share that hurts takes the full
 * proof: margin × p(1-p) is the same at every step. The step nearest to one half keeps the promise itself.
 */
export function marginScale({ steps }: Pick<RolloutSettings, 'steps'>, percent: number): number {
  const evidence = (step: number) => step * (100 - step);
  const most = Math.max(...steps.filter(isConcurrent).map(evidence));
  const own = evidence(percent);
  return own > 0 && most > own ? most / own : 1;
}

/** The margin of an aspect at a step: a difference for errors, a ratio for the others. */
export function marginOf(settings: RolloutSettings, aspect: Aspect, percent: number): number {
  const scale = marginScale(settings, percent);
  if (aspect === 'errors')
    return Math.min(Math.max(settings.errorMargin, MOST_ERRORS), settings.errorMargin * scale);
  const margin = aspect === 'slow_first_tokens' ? settings.tailMargin : settings.latencyMargin;
  return Math.min(Math.max(margin, MOST_RATIO), 1 + (margin - 1) * scale);
}

/** Margins are never wider than that, unless the promised one is. */
const MOST_ERRORS = 0.2;
const MOST_RATIO = 2;
