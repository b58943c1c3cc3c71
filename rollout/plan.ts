import { ASPECTS, type Aspect } from '../contracts/rollout.ts';
import type { RolloutSettings } from '../contracts/rollout-settings.ts';
import { TALLIES } from './aspects.ts';
import { tQuantile } from './distributions.ts';
import { isConcurrent, marginOf } from './margins.ts';
import { weightedMean } from './means.ts';
import type { ReleaseSample } from './sample.ts';
import { designEffects, sumOf, welch } from './scores.ts';
import { ASPECT_NAMES, countText } from './words.ts';

/** What a step needs to be decided. */
export interface StepPlan {
  readonly percent: number;
  /** Requests of stable and canary together, and those of the canary among them. */
  readonly requests: number;
  readonly canaryRequests: number;
  /** At the present rate, without the seconds that are ignored. */
  readonly seconds: number;
  /** What needs most of them. Undefined: the step has no stable to be compared with. */
  readonly aspect?: Aspect;
  /** For a person. */
  readonly sentence: string;
}

export interface StepQuestion {
  readonly settings: RolloutSettings;
  readonly percent: number;
  /** What stable did before the rollout, in half an hour or so. */
  readonly baseline: ReleaseSample;
  /** Of stable and canary together. */
  readonly requestsPerSecond: number;
}

/**
 * The sample that a step needs, so that a canary exactly as good as stable passes every step with probability
 * 1 - alpha: at the power's level the margin is excluded, with normal approximation and t for estimated variances.
 */
export function planStep({ settings, percent, baseline, requestsPerSecond }: StepQuestion): StepPlan {
  const needs = isConcurrent(percent)
    ? ASPECTS.map((aspect) => ({ aspect, requests: requestsFor(aspect, settings, percent, baseline) }))
    : [];
  const most = needs.reduce<(typeof needs)[number] | undefined>(
    (largest, need) => (largest === undefined || need.requests > largest.requests ? need : largest),
    undefined,
  );
  const requests = Math.ceil(most?.requests ?? 0);
  const seconds = requests === 0 ? 0 : requestsPerSecond > 0 ? requests / requestsPerSecond : NEVER;
  const canaryRequests = Math.ceil((requests * percent) / 100);
  return {
    ...{ percent, requests, canaryRequests, seconds, aspect: most?.aspect },
    sentence: sentenceOf(settings, { percent, requests, canaryRequests, seconds, aspect: most?.aspect }),
  };
}

/** Without traffic no step is ever decided; records are JSON, which knows no infinity. */
const NEVER = Number.MAX_SAFE_INTEGER;

function requestsFor(
  aspect: Aspect,
  settings: RolloutSettings,
  percent: number,
  baseline: ReleaseSample,
): number {
  const unit = unitOf(aspect, settings, percent, baseline);
  if (unit === undefined) return 0;
  const share = percent / 100;
  const canary = unit.canary / share;
  const stable = unit.stable / (1 - share);
  const groups = baseline.groups.length;
  const df = welch(canary, groups - 1, stable, groups - 1);
  const steps = settings.steps.filter(isConcurrent).length;
  const quantiles = tQuantile(1 - settings.power, df) + tQuantile(settings.alpha / steps, df);
  return (quantiles ** 2 * (canary + stable)) / unit.gap ** 2;
}

/** Variance that one request of each release contributes, and the distance that must be told. */
interface Unit {
  readonly canary: number;
  readonly stable: number;
  readonly gap: number;
}

/** Undefined: the baseline knows nothing of this aspect. */
function unitOf(
  aspect: Aspect,
  settings: RolloutSettings,
  percent: number,
  baseline: ReleaseSample,
): Unit | undefined {
  const strata = TALLIES[aspect]({ seconds: 0, stable: baseline, canary: baseline });
  const counts = strata.map(({ stable }) => sumOf(stable).count);
  const observations = counts.reduce((sum, count) => sum + count, 0);
  if (observations === 0) return undefined;
  const margin = marginOf(settings, aspect, percent);
  const [first] = strata;
  if (aspect === 'errors' && first !== undefined) {
    const share = sumOf(first.stable).total / observations;
    const effect = designEffects(first).stable;
    const beyond = Math.min(0.5, share + margin);
    return {
      canary: effect * beyond * (1 - beyond),
      stable: effect * Math.max(share, 1 / observations) * (1 - share),
      gap: margin,
    };
  }
  const requests = baseline.groups.reduce((sum, group) => sum + group.requests, 0);
  const weights = counts.map((count) => count / observations);
  const { mean, variance } = weightedMean(
    strata.flatMap(({ stable: groups }, index) =>
      (counts[index] ?? 0) > 0 ? [{ weight: weights[index] ?? 0, groups }] : [],
    ),
  );
  const perRequest = variance * requests;
  return mean > 0
    ? { canary: perRequest, stable: perRequest * margin ** 2, gap: (margin - 1) * mean }
    : undefined;
}

function sentenceOf(settings: RolloutSettings, plan: Omit<StepPlan, 'sentence'>): string {
  const { percent, requests, canaryRequests, seconds, aspect } = plan;
  const hold = durationText(settings.holdSeconds);
  if (aspect === undefined) return `${percent} %: held for ${hold}, judged by bounds alone`;
  const need =
    `${percent} % needs ${countText(requests)} requests, ${countText(canaryRequests)} of them to the canary, ` +
    `for ${ASPECT_NAMES[aspect]}`;
  if (seconds >= NEVER) return `${need}: there is no traffic now`;
  const longest = settings.longestHoldSeconds;
  if (seconds > longest)
    return `${need}: ${durationText(seconds)} at the present rate, but a step ends after ${durationText(longest)}`;
  return `${need}: ${durationText(seconds)} at the present rate, held for ${durationText(Math.max(seconds, settings.holdSeconds))}`;
}

function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
