import type { Registry } from 'prom-client';
import { Counter } from 'prom-client';
import type { Log, Runtime } from '../../common/runtime.ts';
import { openRedis, type RedisLink, type RedisSettings } from '../redis/link.ts';
import { createRedisSummaries } from './redis-store.ts';
import { createMemoryStore, type SummaryStore } from './store.ts';

/** Where summaries are kept: in memory, and in Redis where the environment has one. */
export interface Summaries {
  /** The store of the present configuration. */
  readonly store: SummaryStore;
  /** @param redis Absent: memory alone, also where nothing is compressed. What memory holds stays. */
  use(settings: { readonly environment: string; readonly redis?: RedisSettings }): void;
  close(): void;
}

interface SummariesProps {
  readonly registry: Registry;
  readonly runtime: Runtime;
  readonly log: Log;
}

export function createSummaries({ registry, runtime, log }: SummariesProps): Summaries {
  const missed = new Counter({
    name: 'oss_compression_store_missed_total',
    help: 'Times that Redis could not be asked for a summary or given one, and memory had to do',
    registers: [registry],
  });
  const memory = createMemoryStore(runtime);
  let store: SummaryStore = memory;
  let link: RedisLink | undefined;
  let present = JSON.stringify([undefined, undefined]);

  return {
    get store() {
      return store;
    },
    use({ environment, redis }) {
      const wanted = JSON.stringify([redis && environment, redis]);
      if (wanted === present) return;
      present = wanted;
      link?.close();
      link =
        redis &&
        openRedis(redis, {
          runtime,
          onChange: (up, reason) =>
            log({
              ...{ ts: runtime.date().toISOString(), event: up ? 'redis_up' : 'redis_down' },
              ...{ for: 'summaries', reason },
            }),
        });
      store =
        link === undefined
          ? memory
          : createRedisSummaries({ link, environment, memory, onMissed: () => missed.inc() });
    },
    close: () => link?.close(),
  };
}
