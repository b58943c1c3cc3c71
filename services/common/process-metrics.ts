import { Gauge, type Registry } from 'prom-client';

/**
 * Tells a counter that is new from one that was not seen: by it the rules know what a program of a few seconds has charged.
 * @param startedAt Milliseconds since the epoch
 */
export function createProcessMetrics(registry: Registry, startedAt: number): void {
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start of the process, in seconds since the epoch',
    registers: [registry],
  }).set(startedAt / 1000);
}
