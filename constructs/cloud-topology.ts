import type { Environment } from '../contracts/environment.ts';
import { ALERTMANAGER_PORT, GRAFANA_PORT } from '../contracts/schema/observability.ts';
import type { SecretSource } from '../contracts/secret.ts';
import { IDENTITY_FILE } from '../workloads/router-inputs.ts';
import type { Discovery, ManagedRedis, SecretReader, Topology } from '../workloads/topology.ts';

export const SECRETS_FOLDER = '/run/fleet/secrets';
/** Variables of the gateway's container: only a deploy finds out where its Redis is and who signs for it. */
export const REDIS_VARIABLES = {
  address: 'FLEET_REDIS_ADDRESS',
  authority: 'FLEET_REDIS_AUTHORITY',
} as const;

/** Machines of a cloud find each other by names in a private zone, `router.<environment>.fleet.internal`. */
export class CloudTopology implements Topology {
  readonly listen: Topology['listen'];
  readonly reach: Topology['reach'];
  readonly discovery: Discovery;
  readonly grafana: Topology['grafana'];
  readonly egressIdentity = { file: `${SECRETS_FOLDER}/${IDENTITY_FILE}` };
  readonly managedRedis?: ManagedRedis;

  readonly #gatewaySecret: (name: string) => SecretSource;

  constructor(
    environment: Environment,
    discovery: Discovery,
    gatewaySecret: (name: string) => SecretSource,
    managedRedis?: ManagedRedis,
  ) {
    const { gateway, router, egress, prometheus, reviewer } = environment;
    const alertmanager = environment.alertmanager?.port ?? ALERTMANAGER_PORT;
    const grafana = environment.grafana?.port ?? GRAFANA_PORT;
    const everywhere = (port: number) => `0.0.0.0:${port}`;
    const named = (part: string, port: number) => `${part}.${environment.name}.fleet.internal:${port}`;
    this.listen = {
      gateway: everywhere(gateway.port),
      gatewayAdmin: everywhere(gateway.adminPort),
      router: everywhere(router.port),
      routerAdmin: `127.0.0.1:${router.adminPort}`,
      routerAgent: everywhere(router.agentPort),
      egress: everywhere(egress.port),
      egressAdmin: everywhere(egress.adminPort),
      prometheus: everywhere(prometheus.port),
      alertmanager: everywhere(alertmanager),
      grafana: everywhere(grafana),
      reviewer: reviewer && everywhere(reviewer.port),
      reviewerAdmin: reviewer && everywhere(reviewer.adminPort),
    };
    this.reach = {
      router: named('router', router.port),
      egress: `127.0.0.1:${egress.port}`,
      gatewayAdmin: named('gateway', gateway.adminPort),
      egressAdmin: named('router', egress.adminPort),
      routerAgent: named('router', router.agentPort),
      prometheus: named('prometheus', prometheus.port),
      // Both share Prometheus' machine.
      alertmanager: `127.0.0.1:${alertmanager}`,
      grafana: `127.0.0.1:${grafana}`,
    };
    this.grafana = {
      folder: SECRETS_FOLDER,
      data: '/data',
      password: (secret) => `$__file{${SECRETS_FOLDER}/${secret}}`,
    };
    this.discovery = discovery;
    this.managedRedis = managedRedis;
    this.#gatewaySecret = gatewaySecret;
  }

  /** Machines bring them into memory, with the rights of whom they are for. Gateway and reviewer get them as their platform can. */
  secret(name: string, part: SecretReader): SecretSource {
    return part === 'gateway' || part === 'reviewer'
      ? this.#gatewaySecret(name)
      : { file: `${SECRETS_FOLDER}/${name}` };
  }

  simulatedAuthority(endpoint: string): string {
    throw new Error(`endpoint ${endpoint}: clouds do not simulate endpoints`);
  }
}
