import { stateObject } from '../contracts/bootstrap.ts';
import { drainWarnings } from '../contracts/drain-rules.ts';
import type { Environment } from '../contracts/environment.ts';
import { machineOf, releasesOf } from '../contracts/release.ts';
import type { OpenRollout, Surroundings } from './surroundings.ts';

/** What a plan of an environment is judged by. */
export function surroundingsOf(
  environment: Environment,
  openRollouts: readonly OpenRollout[] = [],
): Surroundings {
  const { checks, gateway, google, aws } = environment;
  return {
    class: environment.class,
    exposure: gateway.exposure,
    gatewayPort: gateway.port,
    budgetUsdPerHour: checks.budget?.usdPerHour,
    canaryStep: checks.canaryStep,
    account: google?.project ?? aws?.account,
    openRollouts,
    cutDrains: drainWarnings(environment).map(({ path, message }) => ({ path: path.map(String), message })),
    price: (machine, market) => {
      const known = machineOf(environment, machine);
      return (market === 'spot' ? known?.spot : known?.onDemand)?.usdPerHour;
    },
  };
}

/** Of other environments, those whose state is in the same object. */
export function sharingState(environment: Environment, others: readonly Environment[]): string[] {
  const where = (one: Environment) => JSON.stringify(stateObject(one));
  return environment.state === undefined
    ? []
    : others
        .filter((other) => other.name !== environment.name && where(other) === where(environment))
        .map(({ name }) => name);
}

/** The key of the environment file that a resource comes from, as far as its address says. */
export function pathOf(environment: Environment, address: string): readonly string[] {
  const name = address.slice(address.indexOf('.') + 1);
  for (const { model, name: release } of releasesOf(environment)) {
    const prefix = `nodes_${model}_${release}`.replace(/[^\w-]/g, '-');
    if (name === prefix || name.startsWith(`${prefix}_`)) return ['models', model, 'releases', release];
  }
  const part = ['gateway', 'router', 'egress', 'prometheus', 'reviewer'].find(
    (key) => name === key || name.startsWith(`${key}_`),
  );
  return part === undefined ? [] : [part];
}
