import { upperT } from './distributions.ts';
import { type Arms, type Evidence, meanOf, pull, sumOf, type Tally, welch } from './scores.ts';

/** Both arms' means, weighted over the strata that both have seen. */
export interface Compared {
  readonly stable: number;
  readonly canary: number;
  readonly designEffect: number;
  readonly evidence: (ratio: number) => Evidence;
}

interface Stratum extends Arms {
  readonly weight: number;
}

/**
 * Compares means stratum by stratum, so that a different mix of them is no difference (weights of Cochran, Mantel and
 * Haenszel). Evidence is on `canary - ratio × stable`, which is linear (Fieller 1954), with the variance between groups
 * of conversations, held against t. Undefined: they have no stratum in common.
 *
 * @param shares The observations are yes or no: then a canary that has seen no yes is not certain to have none.
 */
export function compareMeans(strata: readonly Arms[], shares: boolean): Compared | undefined {
  const common = weighted(strata);
  if (common.length === 0) return undefined;
  const stable = weightedMean(common.map(({ weight, stable: groups }) => ({ weight, groups })));
  const canary = weightedMean(common.map(({ weight, canary: groups }) => ({ weight, groups })));
  return {
    ...{ stable: stable.mean, canary: canary.mean },
    designEffect: canary.independent > 0 ? Math.max(1, canary.variance / canary.independent) : 1,
    evidence(ratio) {
      const least = shares ? leastVariance(common, ratio) : 0;
      const canaryVariance = Math.max(canary.variance, least);
      const stableVariance = ratio ** 2 * stable.variance;
      const deviation = Math.sqrt(canaryVariance + stableVariance);
      if (deviation === 0) return { beyond: 1, within: 1 };
      const t = (canary.mean - ratio * stable.mean) / deviation;
      const df = welch(canaryVariance, canary.df, stableVariance, stable.df);
      return { beyond: upperT(t, df), within: upperT(-t, df) };
    },
  };
}

function weighted(strata: readonly Arms[]): readonly Stratum[] {
  const weights = strata.map(({ stable, canary }) => {
    const [s, c] = [sumOf(stable).count, sumOf(canary).count];
    return s >= LEAST && c >= LEAST ? (s * c) / (s + c) : 0;
  });
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return strata.flatMap((stratum, index) => {
    const weight = weights[index] ?? 0;
    return weight > 0 ? [{ ...stratum, weight: weight / all }] : [];
  });
}

/** Observations of a stratum below which its mean is nothing to go by. */
const LEAST = 20;

/** Mean of one arm over weighted strata, its variance between groups, and what that were if requests were independent. */
export function weightedMean(
  strata: readonly { readonly weight: number; readonly groups: readonly Tally[] }[],
) {
  const means = strata.map(({ weight, groups }) => ({ weight, groups, ...meanOf(groups), ...sumOf(groups) }));
  const mean = means.reduce((sum, stratum) => sum + stratum.weight * stratum.mean, 0);
  const number = means[0]?.groups.length ?? 0;
  let squares = 0;
  for (let group = 0; group < number; group += 1) {
    const deviation = means.reduce((sum, { weight, groups, mean: expected, count }) => {
      return sum + weight * pull(groups[group] ?? { count: 0, total: 0 }, expected, count);
    }, 0);
    squares += deviation ** 2;
  }
  const independent = means.reduce(
    (sum, { weight, mean: share, count }) => sum + (weight ** 2 * share * Math.max(0, 1 - share)) / count,
    0,
  );
  return { mean, variance: (squares * (number - 1)) / number, df: number - 1, independent };
}

/** Of the canary's share if it were `ratio` times stable's, requests being independent. */
function leastVariance(strata: readonly Stratum[], ratio: number): number {
  return strata.reduce((sum, { weight, stable, canary }) => {
    const share = Math.min(0.5, ratio * meanOf(stable).mean);
    return sum + (weight ** 2 * share * (1 - share)) / sumOf(canary).count;
  }, 0);
}
