import { Counter, Histogram, type Registry } from 'prom-client';
import type { TokenUsage } from '../../../contracts/price.ts';
import {
  type Cache,
  TRIAL_FIRST_TOKEN_BUCKETS,
  TRIAL_INTER_TOKEN_BUCKETS,
  TRIAL_METRICS,
} from '../../../contracts/trial.ts';

type TrialOutcome = 'ok' | 'error';

/** One request of a release on trial, after its end. */
export interface TrialRequest {
  readonly model: string;
  readonly release: string;
  readonly group: string;
  /** Absent: its client left, or asked for what cannot be. */
  readonly outcome?: TrialOutcome;
  readonly cache: Cache;
  /** To its first token, or to when its client gave up waiting for it. Absent: it was no stream. */
  readonly firstTokenSeconds?: number;
  /** Mean of its gaps. Absent: it had none. */
  readonly interTokenSeconds?: number;
}

/** Series come to be with their first request: 16 groups of every release would be many zeros. */
export function createTrialMetrics(registry: Registry): (request: TrialRequest) => void {
  const labelNames = ['model', 'release', 'group'] as const;
  const registers = [registry];
  const requests = new Counter({
    name: TRIAL_METRICS.requests,
    help: 'Requests to releases with a role, by group of conversations; those whose client left or erred are not among them',
    labelNames: [...labelNames, 'outcome'],
    registers,
  });
  const firstToken = new Histogram({
    name: TRIAL_METRICS.firstToken,
    help: 'Seconds to the first token, by group of conversations and state of the prefix cache',
    labelNames: [...labelNames, 'cache'],
    buckets: TRIAL_FIRST_TOKEN_BUCKETS,
    registers,
  });
  const interToken = new Histogram({
    name: TRIAL_METRICS.interToken,
    help: 'Mean seconds between the tokens of a stream, by group of conversations',
    labelNames,
    buckets: TRIAL_INTER_TOKEN_BUCKETS,
    registers,
  });
  return ({ model, release, group, outcome, cache, firstTokenSeconds, interTokenSeconds }) => {
    if (outcome !== undefined) requests.inc({ model, release, group, outcome });
    if (firstTokenSeconds !== undefined)
      firstToken.observe({ model, release, group, cache }, firstTokenSeconds);
    if (interTokenSeconds !== undefined) interToken.observe({ model, release, group }, interTokenSeconds);
  };
}

/** A full release (429) is the release's fault; any other 4xx is the client's, and says nothing of the release. */
export function outcomeOf(status: number, cut: boolean): TrialOutcome | undefined {
  if (cut || status >= 500 || status === 429) return 'error';
  return status >= 400 ? undefined : 'ok';
}

/** Half of the prompt is enough: the newest turn is never in the cache. */
export function cacheOf(usage: TokenUsage | undefined): Cache {
  if (usage?.cached === undefined) return 'unknown';
  return usage.cached * 2 >= usage.prompt ? 'warm' : 'cold';
}
