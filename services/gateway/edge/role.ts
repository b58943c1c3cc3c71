import { createEdgeCompression } from '../compression/edge.ts';
import { createCompressionMetrics } from '../compression/metrics.ts';
import { createSummaries } from '../compression/summaries.ts';
import type { EdgeState } from '../config.ts';
import { createUpstreams } from '../http/upstreams.ts';
import { createLedger } from '../ledger.ts';
import { createLimits } from '../limits/limits.ts';
import { type Role, type RoleTools, roleChange } from '../role.ts';
import { createExporter } from '../tracing/exporter.ts';
import { createEstimates } from './estimates.ts';
import { createEdgeHandler, type EdgeNow } from './handler.ts';
import { createEdgeMetrics } from './metrics.ts';

/** For what is left to be sent at the end; the platform's patience is short. */
const LAST_SPANS_MS = 1_000;

export function createEdgeRole(initial: EdgeState, { registry, runtime, log, counter }: RoleTools): Role {
  const metrics = createEdgeMetrics(registry);
  const ledger = createLedger({ registry, runtime, log });
  const limits = createLimits({ registry, runtime, log });
  const estimates = createEstimates();
  const compressionMetrics = createCompressionMetrics(registry);
  const summaries = createSummaries({ registry, runtime, log });
  const compression = createEdgeCompression({
    ...{ metrics, compressionMetrics, ledger, limits, estimates, log, runtime, counter },
    store: () => summaries.store,
  });
  const exporter = createExporter({ registry, runtime, log, instance: runtime.uuid() });
  const upstreams = createUpstreams();
  let now = taken(initial);

  function taken(state: EdgeState): EdgeNow {
    const router = upstreams.use([state.router])(state.router);
    metrics.introduce(state.models.served);
    const compressed = state.models.served.filter(({ compression: settings }) => settings !== undefined);
    compressionMetrics.introduce(compressed.map(({ name }) => name));
    if (compressed.length > 0) counter.warm();
    ledger.use(state.ledger);
    const { environment, keys, limits: defaults, redis, tracing: traces } = state;
    exporter.use(traces && { endpoint: traces.endpoint, environment });
    const tracing = traces && { add: exporter.add, runtime, sample: traces.sample };
    summaries.use({ environment, redis: compressed.length > 0 ? redis : undefined });
    limits.use({ environment, keys: keys.keys, defaults, redis });
    return { state, router, tracing, loadedAt: Math.floor(runtime.date().getTime() / 1000) };
  }

  return {
    handler: createEdgeHandler({
      current: () => now,
      ...{ metrics, ledger, limits, estimates, compression, runtime, log },
    }),
    adopt(state) {
      if (state.role !== 'edge') throw roleChange('edge', state.role);
      now = taken(state);
    },
    async close() {
      upstreams.use([]);
      summaries.close();
      await Promise.all([ledger.close(), limits.close(), exporter.close(LAST_SPANS_MS)]);
    },
  };
}
