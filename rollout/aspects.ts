import { ASPECTS, type Aspect, type AspectResult } from '../contracts/rollout.ts';
import type { RolloutSettings } from '../contracts/rollout-settings.ts';
import { marginOf } from './margins.ts';
import { type Compared, compareMeans } from './means.ts';
import type { Sample } from './sample.ts';
import { type Arms, designEffects, ratioEvidence, sumOf } from './scores.ts';
import { errorTallies, firstTokenTallies, interTokenTallies, slowFirstTokenTallies } from './tallies.ts';

/** Observations of a release below which nothing is said of it. */
export const LEAST_OBSERVATIONS = 30;

/** What each aspect looks at, in strata that are compared each with itself. */
export const TALLIES: Readonly<Record<Aspect, (sample: Sample) => readonly Arms[]>> = {
  errors: (sample) => [errorTallies(sample)],
  first_token: firstTokenTallies,
  slow_first_tokens: slowFirstTokenTallies,
  inter_token: (sample) => [interTokenTallies(sample)],
};

export interface Levels {
  readonly harm: number;
  readonly safe: number;
}

/** The aspects that this traffic has, each undefined where there is too little of it to say anything. */
export function aspectResults(
  sample: Sample,
  settings: RolloutSettings,
  percent: number,
  levels: Levels,
): ReadonlyMap<Aspect, AspectResult | undefined> {
  const requests = sumOf(errorTallies(sample).stable).count;
  return new Map(
    ASPECTS.flatMap((aspect) => {
      const strata = TALLIES[aspect](sample);
      const seen = observations(strata);
      if (aspect !== 'errors' && seen.stable < RARE * requests) return [];
      if (Math.min(seen.stable, seen.canary) < LEAST_OBSERVATIONS) return [[aspect, undefined]];
      return [[aspect, resultOf(aspect, strata, marginOf(settings, aspect, percent), levels)]];
    }),
  );
}

/** A share of requests below which streams are an exception that says nothing of a release. */
const RARE = 0.05;

function observations(strata: readonly Arms[]): AspectResult['observations'] {
  const count = (arm: keyof Arms) => strata.reduce((sum, arms) => sum + sumOf(arms[arm]).count, 0);
  return { stable: count('stable'), canary: count('canary') };
}

function resultOf(
  aspect: Aspect,
  strata: readonly Arms[],
  margin: number,
  levels: Levels,
): AspectResult | undefined {
  const [first] = strata;
  const compared =
    aspect === 'errors'
      ? first && compareErrors(first)
      : compareMeans(strata, aspect === 'slow_first_tokens');
  if (compared === undefined) return undefined;
  const none = aspect === 'errors' ? 0 : 1;
  const { stable, canary, designEffect } = compared;
  return {
    ...{ aspect, stable, canary, margin, designEffect },
    observations: observations(strata),
    effect: aspect === 'errors' ? canary - stable : ratioOf(canary, stable),
    harm: compared.evidence(none).beyond,
    harmLevel: levels.harm,
    safe: compared.evidence(margin).within,
    safeLevel: levels.safe,
  };
}

function compareErrors(arms: Arms): Compared {
  const share = ({ count, total }: ReturnType<typeof sumOf>) => total / count;
  return {
    stable: share(sumOf(arms.stable)),
    canary: share(sumOf(arms.canary)),
    designEffect: designEffects(arms).canary,
    evidence: (margin) => ratioEvidence(arms, margin),
  };
}

/** Stable at zero has no ratio to it; records are JSON, which knows no infinity. */
function ratioOf(canary: number, stable: number): number {
  return stable > 0 ? canary / stable : 1;
}
