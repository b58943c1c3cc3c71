import { CACHES, type Cache, TRIAL_GROUPS, TRIAL_METRICS } from '../contracts/trial.ts';
import type { Group, Histogram, ReleaseSample, Sample } from './sample.ts';

/** What is asked of Prometheus for a sample, all at the end of its window. */
export interface TrialQueries {
  readonly requests: string;
  readonly firstTokenBuckets: string;
  readonly firstTokenSums: string;
  readonly interTokenBuckets: string;
  readonly interTokenSums: string;
}

/** One element of the `result` of an instant query: `{"metric": {…}, "value": [time, "text"]}`. */
export interface InstantValue {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

export type TrialResults = Readonly<Record<keyof TrialQueries, readonly InstantValue[]>>;

/** Instant queries for the window of `seconds` that ends at the time that they are asked for. */
export function trialQueries(model: string, releases: readonly string[], seconds: number): TrialQueries {
  const window = `${Math.max(1, Math.round(seconds))}s`;
  const matching = `model=${JSON.stringify(model)},release=~${JSON.stringify(releases.map(literal).join('|'))}`;
  const grown = (metric: string, by: string) =>
    `sum by (release, group${by}) (increase(${metric}{${matching}}[${window}]))`;
  return {
    requests: grown(TRIAL_METRICS.requests, ', outcome'),
    firstTokenBuckets: grown(`${TRIAL_METRICS.firstToken}_bucket`, ', cache, le'),
    firstTokenSums: grown(`${TRIAL_METRICS.firstToken}_sum`, ', cache'),
    interTokenBuckets: grown(`${TRIAL_METRICS.interToken}_bucket`, ', le'),
    interTokenSums: grown(`${TRIAL_METRICS.interToken}_sum`, ''),
  };
}

/** Names of releases may hold dots. */
function literal(name: string): string {
  return name.replaceAll('.', '\\.');
}

/** What Prometheus answered, as the judge takes it. */
export function trialSample(
  { stable, canary }: { readonly stable: string; readonly canary: string },
  seconds: number,
  results: TrialResults,
): Sample {
  return { seconds, stable: releaseSample(stable, results), canary: releaseSample(canary, results) };
}

/** One release of the answers: of stable alone it is the baseline of `planStep`. */
export function releaseSample(release: string, results: TrialResults): ReleaseSample {
  const groups = Array.from({ length: TRIAL_GROUPS }, (_, index) =>
    groupOf(release, index.toString(16), results),
  );
  return { groups };
}

function groupOf(release: string, group: string, results: TrialResults): Group {
  const own = (name: keyof TrialQueries, labels: Readonly<Record<string, string>> = {}) =>
    results[name].filter(({ metric }) => isOf(metric, { release, group, ...labels }));
  const ok = total(own('requests', { outcome: 'ok' }));
  const errors = total(own('requests', { outcome: 'error' }));
  const firstToken: Partial<Record<Cache, Histogram>> = {};
  for (const cache of CACHES) {
    const buckets = own('firstTokenBuckets', { cache });
    if (buckets.length > 0) firstToken[cache] = histogram(buckets, own('firstTokenSums', { cache }));
  }
  const interToken = histogram(own('interTokenBuckets'), own('interTokenSums'));
  return { requests: ok + errors, errors, firstToken, interToken };
}

function isOf(metric: InstantValue['metric'], labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([name, value]) => metric[name] === value);
}

function total(values: readonly InstantValue[]): number {
  return values.reduce((sum, { value }) => sum + numberOf(value[1]), 0);
}

/** Of cumulative buckets, whatever their order. Extrapolation must not make a bucket smaller than the one before. */
function histogram(buckets: readonly InstantValue[], sums: readonly InstantValue[]): Histogram {
  const cumulative = buckets
    .map(({ metric, value }) => ({ bound: boundOf(metric.le), count: numberOf(value[1]) }))
    .toSorted((a, b) => a.bound - b.bound);
  let before = 0;
  const counts = cumulative.map(({ count }) => {
    const own = Math.max(0, count - before);
    before = Math.max(before, count);
    return own;
  });
  const bounds = cumulative.map(({ bound }) => bound).filter((bound) => Number.isFinite(bound));
  return { bounds, counts, sum: total(sums) };
}

function boundOf(le: string | undefined): number {
  return le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
}

/** A gap in the data is `NaN`, which must not spread. */
function numberOf(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) ? value : 0;
}
