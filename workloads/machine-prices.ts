import { costOf } from '../contracts/cost.ts';
import type { Environment } from '../contracts/environment.ts';
import { machineOf, releasesOf } from '../contracts/release.ts';

/** What one machine of a release costs per hour. */
export interface MachinePriceOfRelease {
  readonly model: string;
  readonly release: string;
  readonly machine: string;
  readonly usdPerHour: number;
}

/**
 * List prices of releases of own nodes, where known: of clouds the mean over the places that machines come from, weighted by
 * their number; elsewhere what the environment says of its own machines. A release with a machine of unknown price has none.
 */
export function machinePrices(environment: Environment): MachinePriceOfRelease[] {
  const { platform } = environment;
  if (platform === 'google' || platform === 'aws')
    return costOf(environment).releases.flatMap(
      ({ model, release, machine, rungs, usdPerHour, unknownMachines }) => {
        const machines = rungs.reduce((sum, rung) => sum + rung.machines, 0);
        if (machines === 0 || unknownMachines > 0) return [];
        return [{ model, release, machine, usdPerHour: Number((usdPerHour / machines).toFixed(6)) }];
      },
    );
  return releasesOf(environment).flatMap(({ model, name: release, document: { nodes } }) => {
    const usdPerHour = nodes && machineOf(environment, nodes.machine)?.onDemand?.usdPerHour;
    if (nodes === undefined || usdPerHour === undefined) return [];
    return [{ model, release, machine: nodes.machine, usdPerHour }];
  });
}
