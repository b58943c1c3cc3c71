import type { RolloutSettings } from '../../contracts/rollout-settings.ts';
import { planStep } from '../../rollout/plan.ts';
import { weightsAt } from '../../rollout/weights.ts';
import { messageOf } from '../errors.ts';
import type { Weights } from './assignments.ts';
import type { Sampler } from './sampler.ts';

/** One step as it is expected. */
export interface PlannedStep {
  readonly percent: number;
  /** Percent by release. */
  readonly weights: Readonly<Record<string, number>>;
  /** How long it is watched, with what is ignored after it began. */
  readonly seconds: number;
  /** What its sample needs at the present rate; 0: unknown. */
  readonly needSeconds: number;
  readonly sentence: string;
}

export interface RolloutPlan {
  readonly steps: readonly PlannedStep[];
  readonly seconds: number;
  /** Why the sample that each step needs is not known. */
  readonly unknown?: string;
}

export interface RolloutPlanProps {
  readonly model: string;
  readonly stable: string;
  readonly canary: string;
  /** Basis points before. */
  readonly from: Weights;
  readonly settings: RolloutSettings;
  readonly sampler: Sampler;
}

/** What is looked back at to know how much traffic there is, and how it scatters. */
const BASELINE_SECONDS = 1800;

/** The steps with what each of them needs, from what stable did in the last half hour. */
export async function planRollout(props: RolloutPlanProps): Promise<RolloutPlan> {
  const { model, stable, settings, sampler } = props;
  const baseline = await sampler
    .baseline(model, stable, BASELINE_SECONDS)
    .catch((error: unknown) => messageOf(error));
  const known = typeof baseline === 'string' ? undefined : baseline;
  const requests = known?.groups.reduce((sum, group) => sum + group.requests, 0) ?? 0;
  const steps = settings.steps.map((percent): PlannedStep => {
    const plan =
      known === undefined
        ? undefined
        : planStep({ settings, percent, baseline: known, requestsPerSecond: requests / BASELINE_SECONDS });
    const needSeconds = plan?.seconds ?? 0;
    const watched = Math.max(settings.holdSeconds, Math.min(needSeconds, settings.longestHoldSeconds));
    return {
      percent,
      weights: percents(weightsAt(props, percent)),
      seconds: settings.settleSeconds + watched,
      needSeconds,
      sentence: plan?.sentence ?? `${percent} %: what its sample needs is not known`,
    };
  });
  return {
    steps,
    seconds: steps.reduce((sum, step) => sum + step.seconds, 0),
    ...(typeof baseline === 'string' ? { unknown: baseline } : {}),
  };
}

function percents(weights: Weights): Record<string, number> {
  return Object.fromEntries(Object.entries(weights).map(([release, weight]) => [release, weight / 100]));
}
