import type { EdgeState } from '../config.ts';
import { createUpstreams } from '../http/upstreams.ts';
import { createLedger } from '../ledger.ts';
import { type Role, type RoleTools, roleChange } from '../role.ts';
import { createEdgeHandler, type EdgeNow } from './handler.ts';
import { createEdgeMetrics } from './metrics.ts';

export function createEdgeRole(initial: EdgeState, { registry, runtime, log }: RoleTools): Role {
  const metrics = createEdgeMetrics(registry);
  const ledger = createLedger({ registry, runtime, log });
  const upstreams = createUpstreams();
  let now = taken(initial);

  function taken(state: EdgeState): EdgeNow {
    const router = upstreams.use([state.router])(state.router);
    metrics.introduce(state.models.served);
    ledger.use(state.ledger);
    return { state, router, loadedAt: Math.floor(runtime.date().getTime() / 1000) };
  }

  return {
    handler: createEdgeHandler({ current: () => now, metrics, ledger, runtime, log }),
    adopt(state) {
      if (state.role !== 'edge') throw roleChange('edge', state.role);
      now = taken(state);
    },
    async close() {
      upstreams.use([]);
      await ledger.close();
    },
  };
}
