import type { ServerResponse } from 'node:http';
import type { Log, Runtime } from '../../common/runtime.ts';
import { type EgressMetrics, NO_ENDPOINT } from './metrics.ts';

/** The account of one request at the egress: counted and logged once. */
export interface EgressCall {
  routed(model: string, release: string, endpoint: string): void;
  /** Only the first call counts. */
  settle(res: ServerResponse, how?: { readonly aborted?: boolean; readonly cut?: boolean }): void;
}

export function createEgressCall(
  id: string,
  {
    metrics,
    log,
    runtime,
  }: { readonly metrics: EgressMetrics; readonly log: Log; readonly runtime: Runtime },
): EgressCall {
  const began = runtime.now();
  let route: { readonly model: string; readonly release: string; readonly endpoint: string } | undefined;
  let settled = false;
  return {
    routed(model, release, endpoint) {
      route = { model, release, endpoint };
      metrics.admitted(endpoint);
    },
    settle(res, { aborted = false, cut = false } = {}) {
      if (settled) return;
      settled = true;
      const status = aborted && !res.headersSent ? 499 : res.statusCode;
      if (route !== undefined) metrics.left(route.endpoint);
      metrics.settled(route?.endpoint ?? NO_ENDPOINT, status);
      log({
        ts: runtime.date().toISOString(),
        id,
        ...route,
        status,
        ms: Math.round(runtime.now() - began),
        aborted: aborted || undefined,
        cut: cut || undefined,
      });
    },
  };
}
