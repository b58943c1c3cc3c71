import { Counter, Gauge, type Registry } from 'prom-client';
import type { CircuitState } from './circuit.ts';

/** Label of requests that lead to no endpoint. */
export const NO_ENDPOINT = 'none';

/** As at the edge: there before the first request. */
const USUAL_CODES = [200, 400, 429, 499, 500, 502, 503, 504];

export interface EgressMetrics {
  /** Makes every series of these endpoints exist. Those that exist keep their value. */
  introduce(endpoints: Iterable<string>): void;
  admitted(endpoint: string): void;
  left(endpoint: string): void;
  settled(endpoint: string, code: number): void;
  circuit(endpoint: string, state: CircuitState): void;
}

const CIRCUIT_VALUES: Readonly<Record<CircuitState, number>> = { closed: 0, half_open: 1, open: 2 };

export function createEgressMetrics(registry: Registry): EgressMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'fleet_egress_requests_total',
    help: 'Requests by the status that the router got; 499 if it left before one was sent',
    labelNames: ['endpoint', 'code'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'fleet_egress_in_flight',
    help: 'Requests that were accepted and have not ended',
    labelNames: ['endpoint'],
    registers,
  });
  const circuits = new Gauge({
    name: 'fleet_egress_circuit_state',
    help: 'Whether requests go to the endpoint: 0 yes, 1 one request tries it, 2 it is left alone after failures',
    labelNames: ['endpoint'],
    registers,
  });
  return {
    introduce(endpoints) {
      for (const endpoint of endpoints) {
        for (const code of USUAL_CODES) requests.inc({ endpoint, code }, 0);
        inFlight.inc({ endpoint }, 0);
        circuits.inc({ endpoint }, 0);
      }
    },
    admitted: (endpoint) => inFlight.inc({ endpoint }),
    left: (endpoint) => inFlight.dec({ endpoint }),
    settled: (endpoint, code) => requests.inc({ endpoint, code }),
    circuit: (endpoint, state) => circuits.set({ endpoint }, CIRCUIT_VALUES[state]),
  };
}
