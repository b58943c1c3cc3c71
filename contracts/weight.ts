/**
 * Weights are percentages with at most two decimals. All arithmetic is done in basis points
 * (hundredths of a percent, integers), so that 33.33 + 33.33 + 33.34 is exactly 100.
 */
export const FULL_WEIGHT = 10_000;

/** Whether a percentage has at most two decimals: 33.33 has, 33.333 has not. */
export function hasTwoDecimals(percent: number): boolean {
  return Number(percent.toFixed(2)) === percent;
}

/** 33.33 (percent) → 3333 (basis points). Give it only numbers that pass `hasTwoDecimals`. */
export function toBasisPoints(percent: number): number {
  return Math.round(percent * 100);
}

/** 3333 (basis points) → "33.33", the form nginx and the tables use. */
export function formatPercent(basisPoints: number): string {
  return (basisPoints / 100).toFixed(2);
}
