import { CACHES } from '../contracts/trial.ts';
import type { Histogram, ReleaseSample, Sample } from './sample.ts';
import type { Arms, Tally } from './scores.ts';

/** Requests, and those among them that failed. */
export function errorTallies({ stable, canary }: Sample): Arms {
  const tallies = ({ groups }: ReleaseSample): Tally[] =>
    groups.map(({ requests, errors }) => ({ count: requests, total: errors }));
  return { stable: tallies(stable), canary: tallies(canary) };
}

/** First tokens and their seconds, for each state of the prefix cache. */
export function firstTokenTallies(sample: Sample): Arms[] {
  return strata(sample, (histogram) => tallyOf(histogram));
}

/** First tokens, and those among them that took longer than the slowest twentieth of all does at the least. */
export function slowFirstTokenTallies(sample: Sample): Arms[] {
  const bound = slowBound(sample);
  return strata(sample, (histogram) => ({ count: countOf(histogram), total: countBeyond(histogram, bound) }));
}

/** Streams, and their mean seconds between tokens. */
export function interTokenTallies({ stable, canary }: Sample): Arms {
  const tallies = ({ groups }: ReleaseSample) => groups.map(({ interToken }) => tallyOf(interToken));
  return { stable: tallies(stable), canary: tallies(canary) };
}

function strata({ stable, canary }: Sample, tally: (histogram: Histogram | undefined) => Tally): Arms[] {
  return CACHES.map((cache) => {
    const tallies = ({ groups }: ReleaseSample) => groups.map(({ firstToken }) => tally(firstToken[cache]));
    return { stable: tallies(stable), canary: tallies(canary) };
  });
}

/** Exact, because a histogram carries its sum: no bucket comes in. */
function tallyOf(histogram: Histogram | undefined): Tally {
  return { count: countOf(histogram), total: histogram?.sum ?? 0 };
}

function countOf(histogram: Histogram | undefined): number {
  return (histogram?.counts ?? []).reduce((sum, count) => sum + count, 0);
}

function countBeyond(histogram: Histogram | undefined, bound: number): number {
  if (histogram === undefined) return 0;
  return histogram.counts.slice(bound).reduce((sum, count) => sum + count, 0);
}

const SLOW = 0.05;

/**
 * The first bucket of what is slow: the highest from which on there is a twentieth of both releases' first tokens. It
 * does not look at which release they are of, so it does not favour one.
 */
function slowBound({ stable, canary }: Sample): number {
  const counts: number[] = [];
  for (const { firstToken } of [...stable.groups, ...canary.groups])
    for (const histogram of Object.values(firstToken))
      for (const [bucket, count] of histogram.counts.entries())
        counts[bucket] = (counts[bucket] ?? 0) + count;
  const all = counts.reduce((sum, count) => sum + count, 0);
  let beyond = 0;
  for (let bucket = counts.length - 1; bucket > 0; bucket -= 1) {
    beyond += counts[bucket] ?? 0;
    if (beyond >= SLOW * all) return bucket;
  }
  return 0;
}
