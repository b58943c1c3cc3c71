import type { EgressState } from '../config.ts';
import { createUpstreams } from '../http/upstreams.ts';
import { type Role, type RoleTools, roleChange } from '../role.ts';
import { createEgressHandler, type EgressNow } from './handler.ts';
import { createEgressMetrics } from './metrics.ts';

export function createEgressRole(initial: EgressState, { registry, runtime, log }: RoleTools): Role {
  const metrics = createEgressMetrics(registry);
  const upstreams = createUpstreams();
  let now = taken(initial);

  function taken(state: EgressState): EgressNow {
    metrics.introduce(state.endpoints.keys());
    return { state, upstreamOf: upstreams.use(state.endpoints.values()) };
  }

  return {
    handler: createEgressHandler({ current: () => now, metrics, runtime, log }),
    adopt(state) {
      if (state.role !== 'egress') throw roleChange('egress', state.role);
      now = taken(state);
    },
    async close() {
      upstreams.use([]);
    },
  };
}
