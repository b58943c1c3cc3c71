import type { Environment } from '../../contracts/environment.ts';
import type { Server } from '../../contracts/release.ts';
import { ALERTMANAGER_PORT, GRAFANA_PORT } from '../../contracts/schema/observability.ts';
import type { SecretSource } from '../../contracts/secret.ts';
import type { SecretReader, Topology } from '../../workloads/topology.ts';

/** Where Grafana's own files find its folder and its password. */
export const GRAFANA_FOLDER_VARIABLE = 'FLEET_GRAFANA';
export const GRAFANA_PASSWORD_VARIABLE = 'FLEET_GRAFANA_PASSWORD';
/** From `.fleet/<environment>/<part>`. */
const PROJECT_FROM_PART = '../../..';

/** All parts share one address, by default the loopback one. */
export class ProcessTopology implements Topology {
  readonly address: string;
  readonly listen: Topology['listen'];
  readonly reach: Topology['reach'];
  readonly discovery: Extract<Topology['discovery'], { kind: 'static' }>;
  readonly grafana: Topology['grafana'];
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
    const address = environment.process?.address ?? '127.0.0.1';
    this.address = address;
    const at = (port: number) => `${address}:${port}`;
    const { gateway, router, egress, prometheus, alertmanager, grafana, reviewer } = environment;
    this.listen = {
      gateway: at(gateway.port),
      gatewayAdmin: at(gateway.adminPort),
      router: at(router.port),
      routerAdmin: at(router.adminPort),
      routerAgent: at(router.agentPort),
      egress: at(egress.port),
      egressAdmin: at(egress.adminPort),
      prometheus: at(prometheus.port),
      alertmanager: at(alertmanager?.port ?? ALERTMANAGER_PORT),
      grafana: at(grafana?.port ?? GRAFANA_PORT),
      reviewer: reviewer && at(reviewer.port),
      reviewerAdmin: reviewer && at(reviewer.adminPort),
      // Without a password, Redis answers to loopback alone.
      redis: gateway.redis && `127.0.0.1:${gateway.redis.port}`,
    };
    this.reach = this.listen;
    this.grafana = {
      folder: `$__env{${GRAFANA_FOLDER_VARIABLE}}`,
      data: `$__env{${GRAFANA_FOLDER_VARIABLE}}/data`,
      password: () => `$__env{${GRAFANA_PASSWORD_VARIABLE}}`,
    };
    this.discovery = { kind: 'static', address: ({ port }: Server) => ({ address, port }) };
  }

  secret(name: string, part?: SecretReader): SecretSource {
    const reference = this.#environment.secrets[name];
    if (reference !== undefined && 'file' in reference) {
      const { file } = reference;
      const fromOwnFile = part === 'prometheus' || part === 'alertmanager';
      return { file: fromOwnFile && !file.startsWith('/') ? `${PROJECT_FROM_PART}/${file}` : file };
    }
    if (reference !== undefined && 'env' in reference) return { env: reference.env };
    throw new Error(`secret ${name} cannot be read on platform process`);
  }

  simulatedAuthority(endpoint: string): string {
    return `.fleet/${this.#environment.name}/secrets/${endpoint}.pem`;
  }

  /** What a part that reads these secrets must make first. */
  generated(names: readonly (string | undefined)[]): { secret: string }[] {
    return [...new Set(names)].flatMap((name) => {
      const reference = name === undefined ? undefined : this.#environment.secrets[name];
      return reference !== undefined && 'generate' in reference && reference.generate === true
        ? [{ secret: reference.file }]
        : [];
    });
  }
}
