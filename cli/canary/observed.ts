import { Failure } from '../errors.ts';
import type { Prometheus, Sample } from './prometheus.ts';

/** What a release did in the last minutes. Undefined: nothing of it was seen. */
export interface Observed {
  readonly requests: number;
  /** Shares of the model's, 0 to 1. Undefined where the model had none. */
  readonly requestShare?: number;
  readonly tokenShare?: number;
  readonly dollarShare?: number;
  /** Requests answered with 5xx and cut streams, of all requests. */
  readonly errorRatio?: number;
  /** Seconds. */
  readonly firstToken?: Quantiles;
  readonly interToken?: Quantiles;
}

export interface Quantiles {
  readonly p50: number;
  readonly p95: number;
}

type ByRelease = ReadonlyMap<string, number>;

/**
 * Asks Prometheus what each release of an environment did in the last minutes: model → release → observed.
 * @throws Failure where Prometheus does not answer
 */
export async function observe(
  prometheus: Prometheus,
  minutes: number,
): Promise<(model: string, release: string) => Observed> {
  const window = `${minutes}m`;
  const sum = (metric: string, labels = '') =>
    prometheus.query(`sum by (model, release) (increase(${metric}${labels}[${window}]))`).then(byRelease);
  const quantile = (rank: number, metric: string) =>
    prometheus
      .query(
        `histogram_quantile(${rank}, sum by (model, release, le) (increase(${metric}_bucket[${window}])))`,
      )
      .then(byRelease);
  const [requests, errors, cuts, tokens, dollars, first50, first95, inter50, inter95] = await Promise.all([
    sum('oss_requests_total'),
    sum('oss_requests_total', '{code=~"5.."}'),
    sum('oss_cut_streams_total'),
    sum('oss_tokens_total'),
    sum('oss_token_cost_usd'),
    quantile(0.5, 'oss_first_token_latency'),
    quantile(0.95, 'oss_first_token_latency'),
    quantile(0.5, 'oss_inter_token_latency'),
    quantile(0.95, 'oss_inter_token_latency'),
  ]);
  return (model, release) => {
    const key = keyOf(model, release);
    const count = requests.get(key) ?? 0;
    return {
      requests: Math.round(count),
      requestShare: share(requests, model, release),
      tokenShare: share(tokens, model, release),
      dollarShare: share(dollars, model, release),
      errorRatio:
        count > 0 ? Math.min(1, ((errors.get(key) ?? 0) + (cuts.get(key) ?? 0)) / count) : undefined,
      firstToken: quantiles(first50.get(key), first95.get(key)),
      interToken: quantiles(inter50.get(key), inter95.get(key)),
    };
  };
}

/** Why there is nothing observed, in one line; undefined where there is. */
export function reasonOf(error: unknown): string {
  if (error instanceof Failure) return error.message;
  throw error;
}

function byRelease(samples: readonly Sample[]): ByRelease {
  return new Map(samples.map(({ labels, value }) => [keyOf(labels.model, labels.release), value]));
}

function keyOf(model = '', release = ''): string {
  return `${model} ${release}`;
}

/** The gateway's release `none` is no release: what was refused before one was chosen. */
function share(values: ByRelease, model: string, release: string): number | undefined {
  const all = [...values]
    .filter(([key]) => key.startsWith(`${model} `) && key !== keyOf(model, 'none'))
    .reduce((total, [, value]) => total + value, 0);
  return all > 0 ? (values.get(keyOf(model, release)) ?? 0) / all : undefined;
}

/** No samples give NaN. */
function quantiles(p50 = Number.NaN, p95 = Number.NaN): Quantiles | undefined {
  return Number.isNaN(p50) || Number.isNaN(p95) ? undefined : { p50, p95 };
}
