import { upperBinomial, upperT } from './distributions.ts';

/** What one release did in the groups of conversations: `count` observations that add up to `total`. */
export interface Tally {
  readonly count: number;
  readonly total: number;
}

export interface Arms {
  readonly stable: readonly Tally[];
  readonly canary: readonly Tally[];
}

export function sumOf(groups: readonly Tally[]): Tally {
  return groups.reduce((sum, { count, total }) => ({ count: sum.count + count, total: sum.total + total }), {
    count: 0,
    total: 0,
  });
}

/** A one-sided test: evidence that the canary is beyond a bound, and that it is within it. */
export interface Evidence {
  readonly beyond: number;
  readonly within: number;
}

/** Of one arm: total per observation, and the variance of that between groups. */
interface Mean {
  readonly mean: number;
  readonly variance: number;
  readonly df: number;
}

/**
 * Mean of an arm, with the variance that leaving out one group of conversations after the other shows (delete-a-group
 * jackknife; Wolter, Introduction to Variance Estimation, 2nd ed., chapter 4). It needs no model of conversations, and
 * does not grow too small where groups differ in size.
 */
export function meanOf(groups: readonly Tally[]): Mean {
  const { count, total } = sumOf(groups);
  const mean = total / count;
  const squares = groups.reduce((sum, group) => sum + pull(group, mean, count) ** 2, 0);
  return { mean, variance: (squares * (groups.length - 1)) / groups.length, df: groups.length - 1 };
}

/** How far the mean moves when a group is left out. A group that holds all moves it nowhere that is known. */
export function pull({ count, total }: Tally, mean: number, all: number): number {
  return count < all ? (total - mean * count) / (all - count) : 0;
}

/**
 * How many requests weigh as one, because those of one conversation resemble each other: variance between groups over
 * that of independent requests (Kish; Rao & Scott 1992, Biometrics 48:577). Never below one. Where an arm has seen few
 * errors, its own says nothing and that of both is taken.
 */
export function designEffects({ stable, canary }: Arms): {
  readonly stable: number;
  readonly canary: number;
} {
  const own = [rawDesignEffect(stable), rawDesignEffect(canary)] as const;
  const known = own.filter((effect) => effect !== undefined);
  const both = known.length === 0 ? 1 : known.reduce((sum, effect) => sum + effect, 0) / known.length;
  const [stableEffect, canaryEffect] = [stable, canary].map((groups, index) =>
    Math.max(1, sumOf(groups).total < FEW ? both : (own[index] ?? both)),
  );
  return { stable: stableEffect ?? 1, canary: canaryEffect ?? 1 };
}

const FEW = 10;

function rawDesignEffect(groups: readonly Tally[]): number | undefined {
  const { mean, variance } = meanOf(groups);
  const independent = (mean * (1 - mean)) / sumOf(groups).count;
  return independent > 0 ? variance / independent : undefined;
}

/**
 * Whether the canary's ratio exceeds stable's by more than `margin`: the score test of Farrington & Manning (1990) on
 * effective counts, held against t because the design effect is estimated. For few errors the exact conditional test
 * (Przyborowski & Wilenski 1940) must agree that it is worse.
 */
export function ratioEvidence({ stable, canary }: Arms, margin: number): Evidence {
  const effects = designEffects({ stable, canary });
  const s = sumOf(stable);
  const c = sumOf(canary);
  const [nc, ns] = [c.count / effects.canary, s.count / effects.stable];
  const [pc, ps] = [c.total / c.count, s.total / s.count];
  const { z, canaryVariance, stableVariance } = farringtonManning({ pc, nc, ps, ns }, margin);
  const df = welch(canaryVariance, canary.length - 1, stableVariance, stable.length - 1);
  const beyond = upperT(z, df);
  const exact = margin > 0 ? 0 : upperBinomial(pc * nc, pc * nc + ps * ns, nc / (nc + ns));
  return { beyond: Math.max(beyond, exact), within: upperT(-z, df) };
}

/** @returns z of `pc - ps - margin`, with variances under the hypothesis that the difference is the margin. */
export function farringtonManning(
  { pc, nc, ps, ns }: { readonly pc: number; readonly nc: number; readonly ps: number; readonly ns: number },
  margin: number,
): { readonly z: number; readonly canaryVariance: number; readonly stableVariance: number } {
  const rc = restricted(pc, ps, ns / nc, margin);
  const rs = Math.max(0, rc - margin);
  const canaryVariance = (rc * (1 - rc)) / nc;
  const stableVariance = (rs * (1 - rs)) / ns;
  const deviation = Math.sqrt(canaryVariance + stableVariance);
  const difference = pc - ps - margin;
  return { z: deviation === 0 ? 0 : difference / deviation, canaryVariance, stableVariance };
}

/** The most likely canary ratio if it exceeds stable's by exactly the margin: the root of a cubic, in closed form. */
function restricted(pc: number, ps: number, theta: number, margin: number): number {
  const a = 1 + theta;
  const b = -(1 + theta + pc + theta * ps + margin * (theta + 2));
  const c = margin ** 2 + margin * (2 * pc + theta + 1) + pc + theta * ps;
  const d = -pc * margin * (1 + margin);
  const v = (b / (3 * a)) ** 3 - (b * c) / (6 * a ** 2) + d / (2 * a);
  const u = (Math.sign(v) || 1) * Math.sqrt(Math.max(0, (b / (3 * a)) ** 2 - c / (3 * a)));
  const cosine = u === 0 ? 0 : Math.max(-1, Math.min(1, v / u ** 3));
  const angle = (Math.PI + Math.acos(cosine)) / 3;
  return Math.max(margin, Math.min(1, 2 * u * Math.cos(angle) - b / (3 * a)));
}

/** Degrees of freedom of a sum of two estimated variances (Welch 1947, Satterthwaite 1946). */
export function welch(a: number, dfA: number, b: number, dfB: number): number {
  const sum = a + b;
  return sum === 0 ? dfA + dfB : sum ** 2 / (a ** 2 / dfA + b ** 2 / dfB);
}
