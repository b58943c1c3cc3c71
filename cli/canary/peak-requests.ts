import type { Context } from '../context.ts';
import { type Prometheus, queryIfAble } from './prometheus.ts';

/** The time whose busiest moment a release must be able to take its share of. */
const WINDOW = '10m';
/** A Prometheus that has just started sees the gateway with its first scrape. */
const FIRST_SCRAPE_SECONDS = 15;
const LOOK_MS = 500;

/**
 * The most requests of a model that were in flight at once in the last minutes; undefined: nobody knows. A gateway
 * says 0 of a model from its start on, so that without a series no gateway is seen.
 */
export async function peakRequests(
  model: string,
  prometheus: Prometheus | undefined,
  { now, sleep, progress }: Pick<Context, 'now' | 'sleep' | 'progress'>,
): Promise<number | undefined> {
  const query = `sum(max_over_time(oss_requests_in_flight{model="${model}"}[${WINDOW}]))`;
  const deadline = now() + FIRST_SCRAPE_SECONDS * 1000;
  for (;;) {
    const samples = await queryIfAble(prometheus, query, progress);
    if (samples === undefined || samples.length > 0) return samples?.[0]?.value;
    if (now() >= deadline) return undefined;
    await sleep(LOOK_MS);
  }
}
