import type { RolloutRecord } from '../contracts/rollout.ts';

type Arms = Pick<RolloutRecord, 'from' | 'stable' | 'canary'>;

/**
 * Basis points of all releases with the canary at `percent` of the band that it shares with stable. The canary gets
 * at least one hundredth of a percent; others keep what they have.
 */
export function weightsAt({ from, stable, canary }: Arms, percent: number): Readonly<Record<string, number>> {
  const band = bandOf({ from, stable, canary });
  const share = Math.min(band, Math.max(1, Math.round((band * percent) / 100)));
  return { ...from, [stable]: band - share, [canary]: share };
}

/** Basis points that stable and canary have together. */
export function bandOf({ from, stable, canary }: Arms): number {
  return (from[stable] ?? 0) + (from[canary] ?? 0);
}
