import { normalCdf, normalQuantile, root } from './distributions.ts';

/**
 * Bounds for one-sided looks at growing data, so that the chance that any of them is passed without an effect is
 * what was spent: error spending (Lan & DeMets 1983), by the recursive integration of Armitage, McPherson & Rowe (1969)
 * as in Jennison & Turnbull, Group Sequential Methods (2000), chapter 19.
 *
 * @param information Of each look, growing; only its ratios matter.
 * @param spent Probability that may have been spent up to each look.
 * @returns The z that each look must exceed; Infinity where nothing may be spent.
 */
export function boundaries(information: readonly number[], spent: readonly number[]): number[] {
  const bounds: number[] = [];
  let before: Density | undefined;
  for (const [look, level] of information.entries()) {
    const increment = (spent[look] ?? 0) - (spent[look - 1] ?? 0);
    const bound = increment <= 0 ? Number.POSITIVE_INFINITY : boundOf(before, level, increment);
    bounds.push(bound);
    if (look + 1 < information.length) before = densityBelow(before, level, bound);
  }
  return bounds;
}

/** Sub-density of the score √I·Z of those that have passed no bound yet, with the weights that integrate it. */
interface Density {
  readonly information: number;
  readonly points: readonly number[];
  readonly masses: readonly number[];
}

/** Standard deviations on either side that are integrated over, and points of Simpson's rule. */
const REACH = 8;
const POINTS = 121;

function boundOf(before: Density | undefined, information: number, increment: number): number {
  if (before === undefined) return normalQuantile(increment);
  const step = Math.sqrt(information - before.information);
  const crossing = (bound: number) =>
    before.masses.reduce((sum, mass, index) => {
      const z = (bound * Math.sqrt(information) - (before.points[index] ?? 0)) / step;
      return sum + mass * normalCdf(-z);
    }, 0);
  return root((bound) => crossing(bound) - increment, -REACH, REACH);
}

function densityBelow(before: Density | undefined, information: number, bound: number): Density {
  const scale = Math.sqrt(information);
  const from = -REACH * scale;
  const to = Math.min(bound, REACH) * scale;
  const width = (to - from) / (POINTS - 1);
  const points = Array.from({ length: POINTS }, (_, index) => from + index * width);
  const masses = points.map((point, index) => simpson(index) * width * densityAt(before, information, point));
  return { information, points, masses };
}

function densityAt(before: Density | undefined, information: number, point: number): number {
  if (before === undefined) return normalDensity(point, information);
  const step = information - before.information;
  let sum = 0;
  for (const [index, mass] of before.masses.entries())
    sum += mass * normalDensity(point - (before.points[index] ?? 0), step);
  return sum;
}

function normalDensity(x: number, variance: number): number {
  return Math.exp((-x * x) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);
}

function simpson(index: number): number {
  if (index === 0 || index === POINTS - 1) return 1 / 3;
  return index % 2 === 1 ? 4 / 3 : 2 / 3;
}

/** Spends evenly, so that clear harm ends a step early (Kim & DeMets 1987, power family with exponent 1). */
export function spendEvenly(total: number, fraction: number): number {
  return total * Math.min(1, fraction);
}

/** Levels that a p-value is held against at each look; for statistics that are not normal, Jennison & Turnbull 3.8. */
export function nominalLevels(fractions: readonly number[], total: number): number[] {
  const spent = fractions.map((fraction) => spendEvenly(total, fraction));
  return boundaries(fractions, spent).map((bound) => normalCdf(-bound));
}
