import type { Environment } from '../../contracts/environment.ts';
import type { RolloutRecord } from '../../contracts/rollout.ts';
import {
  type InstantValue,
  releaseSample,
  type TrialResults,
  trialQueries,
  trialSample,
} from '../../rollout/queries.ts';
import type { ReleaseSample, Sample } from '../../rollout/sample.ts';
import type { Context } from '../context.ts';
import { Failure } from '../errors.ts';
import { openPrometheus, type Prometheus, prometheusUrl } from './prometheus.ts';

type Releases = Pick<RolloutRecord, 'model' | 'stable' | 'canary'>;

/** Where samples come from. Each throws Failure where it cannot be had now. */
export interface Sampler {
  /** What both releases did in a window, seconds since 1970. */
  readonly sample: (rollout: Releases, since: number, at: number) => Promise<Sample>;
  /** What one release did in the last seconds. */
  readonly baseline: (model: string, release: string, seconds: number) => Promise<ReleaseSample>;
}

/** Samples of an environment's Prometheus. */
export function samplerOf(environment: Environment, { env }: Pick<Context, 'env'>): Sampler {
  const url = prometheusUrl(environment, env);
  if (url !== undefined) return openSampler(openPrometheus(url));
  const unknown = async (): Promise<never> => {
    throw new Failure('where Prometheus is on a cloud is not known here: set FLEET_PROMETHEUS_URL');
  };
  return { sample: unknown, baseline: unknown };
}

export function openSampler(prometheus: Prometheus): Sampler {
  async function results(model: string, releases: readonly string[], seconds: number): Promise<TrialResults> {
    const queries = Object.entries(trialQueries(model, releases, seconds));
    const answers = await Promise.all(
      queries.map(
        async ([name, query]) => [name, (await prometheus.query(query)).map(instantValue)] as const,
      ),
    );
    return Object.fromEntries(answers) as Record<keyof TrialResults, InstantValue[]>;
  }
  return {
    async sample({ model, stable, canary }, since, at) {
      const seconds = at - since;
      return trialSample({ stable, canary }, seconds, await results(model, [stable, canary], seconds));
    },
    baseline: async (model, release, seconds) =>
      releaseSample(release, await results(model, [release], seconds)),
  };
}

function instantValue({ labels, value }: Awaited<ReturnType<Prometheus['query']>>[number]): InstantValue {
  return { metric: labels, value: [0, String(value)] };
}
