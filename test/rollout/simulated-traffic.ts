import {
  CACHES,
  TRIAL_FIRST_TOKEN_BUCKETS,
  TRIAL_GROUPS,
  TRIAL_INTER_TOKEN_BUCKETS,
} from '../../contracts/trial.ts';
import { normalQuantile } from '../../rollout/distributions.ts';
import type { Group, Histogram, ReleaseSample } from '../../rollout/sample.ts';

/** How a release answers, by the share of the band that it carries. */
export interface Behaviour {
  /** Added to the ratio of errors. */
  readonly moreErrors: number;
  /** Times the seconds to the first token, and between tokens. */
  readonly slower: number;
}

export interface TrafficProps {
  /** Numbers from 0 up to 1. */
  readonly random: () => number;
  readonly requestsPerSecond: number;
  /** Seconds between the change of weights and the first counted request, and of what is counted. */
  readonly settleSeconds: number;
  readonly seconds: number;
  readonly looks: number;
  /** The canary's share now and before the step, from 0 to 1. */
  readonly share: number;
  readonly shareBefore: number;
  readonly canary: Behaviour;
}

/** Conversations have 6 turns on the average (geometric), a minute apart (exponential). */
const TURNS = 6;
const GAP_SECONDS = 60;
/** Conversations that began before are still going on. */
const LEAD_SECONDS = 900;
/** One conversation in 100 fails with a fifth of its requests, the others with one in a thousand: 0.3 % in all. */
const BAD_SHARE = 0.01;
const BAD_ERRORS = 0.2;
const GOOD_ERRORS = 0.001;
const WARM_SECONDS = 0.25;
const COLD_SECONDS = 0.9;
const INTER_TOKEN_SECONDS = 0.012;

/** Draws of an exponential with mean 1 by table. */
const WAITS = Float64Array.from({ length: 65_536 }, (_, index) => -Math.log((index + 0.5) / 65_536));

/** Draws of exp(sigma × normal) by table: the quantiles of 65,536 equal parts. */
function factors(sigma: number): Float64Array {
  return Float64Array.from({ length: 65_536 }, (_, index) =>
    Math.exp(-sigma * normalQuantile((index + 0.5) / 65_536)),
  );
}
const BETWEEN = factors(0.5);
const WITHIN = factors(0.5);
const BETWEEN_TOKENS = factors(0.15);

/** Numbers of one group: requests, errors, then per cache and for gaps the buckets and the sum. */
const FIRST = TRIAL_FIRST_TOKEN_BUCKETS.length + 2;
const INTER = TRIAL_INTER_TOKEN_BUCKETS.length + 2;
const PER_GROUP = 2 + CACHES.length * FIRST + INTER;
const PER_ARM = TRIAL_GROUPS * PER_GROUP;

/** A step's traffic: what was counted up to a look, and how many requests the canary got by then, uncounted ones too. */
export interface Traffic {
  upTo(look: number): { readonly stable: ReleaseSample; readonly canary: ReleaseSample };
  exposed(look: number): number;
}

export function simulateTraffic(props: TrafficProps): Traffic {
  const { random, requestsPerSecond, seconds, settleSeconds, looks, share, shareBefore, canary } = props;
  const counts = new Float64Array(looks * 2 * PER_ARM);
  const exposed = new Float64Array(looks);
  const from = -settleSeconds - LEAD_SECONDS;
  let began = from;
  while (began < seconds) {
    const place = random();
    const group = Math.floor(random() * TRIAL_GROUPS);
    const isCanary = place < share;
    const moved = isCanary && place >= shareBefore && began < -settleSeconds;
    const errors = errorsOf(random, isCanary ? canary.moreErrors : 0);
    const slower = isCanary ? canary.slower : 1;
    const own = slower * (BETWEEN[Math.floor(random() * 65_536)] ?? 1);
    let coldAgain = moved;
    let first = true;
    let at = began;
    while (at < seconds) {
      const cold = first || (coldAgain && at >= -settleSeconds);
      first = false;
      if (at >= -settleSeconds) coldAgain = false;
      const look = at < 0 ? 0 : Math.min(looks - 1, Math.floor((at / seconds) * looks));
      if (isCanary && at >= -settleSeconds) exposed[look] = (exposed[look] ?? 0) + 1;
      if (at >= 0) {
        const base = (look * 2 + (isCanary ? 1 : 0)) * PER_ARM + group * PER_GROUP;
        add(counts, base, 1);
        if (random() < errors) add(counts, base + 1, 1);
        else {
          const firstToken =
            (cold ? COLD_SECONDS : WARM_SECONDS) * own * (WITHIN[Math.floor(random() * 65_536)] ?? 1);
          observe(counts, base + 2 + (cold ? FIRST : 0), TRIAL_FIRST_TOKEN_BUCKETS, firstToken);
          const gap = INTER_TOKEN_SECONDS * slower * (BETWEEN_TOKENS[Math.floor(random() * 65_536)] ?? 1);
          observe(counts, base + 2 + CACHES.length * FIRST, TRIAL_INTER_TOKEN_BUCKETS, gap);
        }
      }
      if (random() < 1 / TURNS) break;
      at += exponential(random, GAP_SECONDS);
    }
    began += exponential(random, TURNS / requestsPerSecond);
  }
  return {
    upTo(look) {
      const sums = new Float64Array(2 * PER_ARM);
      for (let index = 0; index < look * 2 * PER_ARM; index += 1)
        add(sums, index % (2 * PER_ARM), counts[index] ?? 0);
      return { stable: sampleOf(sums, 0), canary: sampleOf(sums, PER_ARM) };
    },
    exposed: (look) => exposed.subarray(0, look).reduce((sum, count) => sum + count, 0),
  };
}

/** A conversation's own ratio of errors. What is added comes as more bad conversations: errors cluster. */
function errorsOf(random: () => number, more: number): number {
  return random() < BAD_SHARE + more / (BAD_ERRORS - GOOD_ERRORS) ? BAD_ERRORS : GOOD_ERRORS;
}

function exponential(random: () => number, mean: number): number {
  return (WAITS[Math.floor(random() * 65_536)] ?? 1) * mean;
}

function add(counts: Float64Array, index: number, value: number): void {
  counts[index] = (counts[index] ?? 0) + value;
}

function observe(counts: Float64Array, at: number, bounds: readonly number[], value: number): void {
  let bucket = 0;
  while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket += 1;
  add(counts, at + bucket, 1);
  add(counts, at + bounds.length + 1, value);
}

function sampleOf(sums: Float64Array, arm: number): ReleaseSample {
  const groups = Array.from({ length: TRIAL_GROUPS }, (_, group): Group => {
    const base = arm + group * PER_GROUP;
    return {
      requests: sums[base] ?? 0,
      errors: sums[base + 1] ?? 0,
      firstToken: {
        warm: histogram(sums, base + 2, TRIAL_FIRST_TOKEN_BUCKETS),
        cold: histogram(sums, base + 2 + FIRST, TRIAL_FIRST_TOKEN_BUCKETS),
      },
      interToken: histogram(sums, base + 2 + CACHES.length * FIRST, TRIAL_INTER_TOKEN_BUCKETS),
    };
  });
  return { groups };
}

function histogram(sums: Float64Array, at: number, bounds: readonly number[]): Histogram {
  return {
    bounds,
    counts: [...sums.subarray(at, at + bounds.length + 1)],
    sum: sums[at + bounds.length + 1] ?? 0,
  };
}
