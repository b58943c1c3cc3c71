import type { EgressState } from '../config.ts';
import { createFileToken, createGoogleToken, type GoogleToken } from '../google-token.ts';
import type { UpstreamSettings } from '../http/upstream.ts';
import { createUpstreams } from '../http/upstreams.ts';
import { type Role, type RoleTools, roleChange } from '../role.ts';
import { type Circuit, createCircuit } from './circuit.ts';
import { createEgressHandler, type EgressNow } from './handler.ts';
import { createEgressMetrics } from './metrics.ts';

/**
 * A connection that breaks off may have been read from, also one that looked idle. So own idle connections to public
 * hosts end early, before the host's: balancers close theirs after 60 s and more, and a shorter time that a
 * host announces (`keep-alive: timeout=5`) is kept to.
 */
const TO_PUBLIC_HOSTS: UpstreamSettings = { keepAliveMs: 15_000 };

export function createEgressRole(initial: EgressState, { registry, runtime, log }: RoleTools): Role {
  const metrics = createEgressMetrics(registry);
  const upstreams = createUpstreams({ ...TO_PUBLIC_HOSTS, now: runtime.now });
  let circuits = new Map<string, Circuit>();
  let google: { readonly from?: string; readonly token: GoogleToken } | undefined;
  let now = taken(initial);

  function taken(state: EgressState): EgressNow {
    metrics.introduce(state.endpoints.keys());
    const names = [...state.endpoints.keys()];
    circuits = new Map(names.map((name) => [name, circuits.get(name) ?? circuitOf(name)]));
    const { identityFile, googleMetadataHost } = state;
    const from = identityFile ?? googleMetadataHost;
    if (google === undefined || google.from !== from)
      google = {
        from,
        token:
          identityFile === undefined
            ? createGoogleToken(runtime, { host: googleMetadataHost })
            : createFileToken(runtime, identityFile),
      };
    const { token } = google;
    const present = circuits;
    return {
      state,
      upstreamOf: upstreams.use(state.endpoints.values()),
      circuitOf: ({ name }) => present.get(name) ?? circuitOf(name),
      google: token,
    };
  }

  function circuitOf(name: string): Circuit {
    return createCircuit({ now: runtime.now, onState: (circuit) => metrics.circuit(name, circuit) });
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
