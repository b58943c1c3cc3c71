import type { Cache } from '../contracts/trial.ts';

/** A Prometheus histogram over a window, as counts per bucket. */
export interface Histogram {
  /** Upper bounds that are finite, growing. */
  readonly bounds: readonly number[];
  /** Not cumulative; one more than bounds, the last for what is beyond them. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/**
 * One group of conversations of one release. A conversation belongs to one group, by its routing key, on every gateway:
 * groups are independent of one another, whatever their conversations do (random groups; Wolter 2007, chapter 2).
 */
export interface Group {
  /** Answered or failed; clients that left or erred are neither. */
  readonly requests: number;
  /** Those that the release refused or failed (429 and 5xx), and cut streams. */
  readonly errors: number;
  readonly firstToken: Readonly<Partial<Record<Cache, Histogram>>>;
  /** Mean of each stream. */
  readonly interToken: Histogram;
}

/** What one release did in a window. */
export interface ReleaseSample {
  readonly groups: readonly Group[];
}

/** Both releases in the same window. */
export interface Sample {
  /** Seconds of it. */
  readonly seconds: number;
  readonly stable: ReleaseSample;
  readonly canary: ReleaseSample;
}
