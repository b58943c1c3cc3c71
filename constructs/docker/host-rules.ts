import type { IValidation } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { releasesOf, serversOf } from '../../contracts/release.ts';
import { dockerSettings } from './docker-settings.ts';

/** What one Docker host cannot run, found at synth. */
export class HostRules implements IValidation {
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  validate(): string[] {
    const problems = [gpusClaimedTwice, endpointsWithoutName, privateAuthorities].flatMap((rule) =>
      rule(this.#environment),
    );
    return problems.map((problem) => `${problem} (environments/${this.#environment.name}.yaml)`);
  }
}

function gpusClaimedTwice(environment: Environment): string[] {
  if (dockerSettings(environment).engine === 'simulator') return [];
  const owners = new Map<number, string>();
  return releasesOf(environment).flatMap((release) =>
    serversOf(release, true).flatMap((server) => {
      const name = `models.${release.model}.releases.${release.name}.nodes`;
      const taken = server.gpus.filter((gpu) => owners.has(gpu));
      const [first] = taken;
      for (const gpu of server.gpus) if (!owners.has(gpu)) owners.set(gpu, name);
      return first === undefined
        ? []
        : [
            `${name}: node ${server.node} server ${server.server} needs GPU ${taken.join(', ')} of the one host, already used by ${owners.get(first)}`,
          ];
    }),
  );
}

function endpointsWithoutName({ endpoints }: Environment): string[] {
  return Object.entries(endpoints).flatMap(([name, { url, simulated }]) => {
    const { hostname } = new URL(url);
    return simulated === true && /^(localhost|[\d.]+|\[.*\])$/.test(hostname)
      ? [
          `endpoints.${name}.url: other containers cannot reach ${hostname}; give it a name in the network, such as https://${name}-endpoint:8443/v1`,
        ]
      : [];
  });
}

function privateAuthorities({ endpoints }: Environment): string[] {
  return Object.entries(endpoints).flatMap(([name, { certificateAuthority }]) =>
    certificateAuthority === undefined
      ? []
      : [`endpoints.${name}.certificateAuthority: platform docker cannot deliver the file yet`],
  );
}
