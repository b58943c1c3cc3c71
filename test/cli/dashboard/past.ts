import type { OldSample } from '../../support/real-prometheus.ts';

export const STEP = 15;
const HOUR = 3600;

/** Cents per second of each release: USD per day are 864 times as much. */
export const COSTS = { v32: 0.5, v33: 0.25 } as const;
/** What of the prompts each found in its cache. */
export const HIT_RATIOS = { v32: 0.75, v33: 0.5 } as const;
const BOUNDS = ['0.05', '0.1', '0.2', '+Inf'] as const;
/** Upper bound of the bucket that all first tokens of a release are in, in seconds. */
const FIRST_TOKENS = { v32: 0.1, v33: 0.2 } as const;
const MODEL = 'gpt-oss-120b';

/** An hour in which nothing changes but one weight, half an hour ago. */
export function pastHour(now: number): OldSample[] {
  const times = Array.from({ length: HOUR / STEP + 1 }, (_, index) => now - HOUR + index * STEP);
  const of = (name: string, labels: OldSample['labels'], valueAt: (second: number) => number): OldSample[] =>
    times.map((time) => ({
      name,
      labels: { model: MODEL, ...labels },
      time,
      value: valueAt(time - now + HOUR),
    }));
  return (['v32', 'v33'] as const).flatMap((release) => [
    ...of('oss_token_cost_usd', { release, kind: 'output' }, (second) => (COSTS[release] / 100) * second),
    ...of(
      'release:token_cost_usd:increase15s',
      { release, kind: 'output' },
      () => (COSTS[release] / 100) * STEP,
    ),
    ...BOUNDS.flatMap((le) =>
      of('oss_first_token_latency_bucket', { release, le }, (second) =>
        Number(le) < FIRST_TOKENS[release] ? 0 : second,
      ),
    ),
    ...of('vllm:prefix_cache_queries_total', { release, node: '1' }, (second) => 1000 * second),
    ...of(
      'vllm:prefix_cache_hits_total',
      { release, node: '1' },
      (second) => 1000 * HIT_RATIOS[release] * second,
    ),
    ...of('fleet_release_weight_percent', { release, role: 'none' }, (second) =>
      second < HOUR / 2 === (release === 'v32') ? 90 : 10,
    ),
  ]);
}
