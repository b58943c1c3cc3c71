import { createHash } from 'node:crypto';
import { DOCUMENTS_FOLDER } from '../../contracts/docker-names.ts';
import type { Environment } from '../../contracts/environment.ts';
import { ALERTMANAGER_PORT, GRAFANA_PORT } from '../../contracts/schema/observability.ts';
import type { SecretSource } from '../../contracts/secret.ts';
import type { Discovery, Topology } from '../../workloads/topology.ts';

/** Where Grafana's image keeps what it writes. */
export const GRAFANA_DATA = '/var/lib/grafana';
/** Where a part's container sees its secrets. */
export const SECRETS_FOLDER = '/run/fleet/secrets';

/** Docker hands out 172.17/16 to 172.31/16 by custom; the first is its own bridge, the last is the default VPC of AWS. */
const FIRST_OCTET = 20;
const OCTETS = 11;

/**
 * One private network per environment. Every container has a fixed address in it, made of its port, so that no
 * part can take another's and adding one moves none: nginx resolves a name when it loads its configuration and
 * never again, and a restarted container would otherwise have another address.
 */
export class DockerTopology implements Topology {
  /** The network, CIDR. Its octet is chosen by the environment's name, so that two environments fit on one host. */
  readonly subnet: string;
  /** The network's own address on the host. */
  readonly bridge: string;
  readonly listen: Topology['listen'];
  readonly reach: Topology['reach'];
  readonly discovery: Discovery;
  readonly grafana: Topology['grafana'];
  readonly #prefix: string;

  constructor(environment: Environment) {
    const { name, gateway, router, egress, prometheus, reviewer } = environment;
    const alertmanager = environment.alertmanager?.port ?? ALERTMANAGER_PORT;
    const grafana = environment.grafana?.port ?? GRAFANA_PORT;
    const [hash = 0] = createHash('sha256').update(name).digest();
    this.#prefix = `172.${FIRST_OCTET + (hash % OCTETS)}`;
    this.subnet = `${this.#prefix}.0.0/16`;
    this.bridge = `${this.#prefix}.0.1`;
    const everywhere = (port: number) => `0.0.0.0:${port}`;
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
      redis: gateway.redis && everywhere(gateway.redis.port),
      reviewer: reviewer && everywhere(reviewer.port),
      reviewerAdmin: reviewer && everywhere(reviewer.adminPort),
    };
    this.reach = {
      router: `router:${router.port}`,
      egress: `${this.addressOf(egress.port)}:${egress.port}`,
      gatewayAdmin: `gateway:${gateway.adminPort}`,
      egressAdmin: `egress:${egress.adminPort}`,
      routerAgent: `router:${router.agentPort}`,
      prometheus: `prometheus:${prometheus.port}`,
      alertmanager: `alertmanager:${alertmanager}`,
      grafana: `grafana:${grafana}`,
      redis: gateway.redis && `redis:${gateway.redis.port}`,
      reviewerAdmin: reviewer && `reviewer:${reviewer.adminPort}`,
    };
    this.grafana = {
      folder: DOCUMENTS_FOLDER,
      data: GRAFANA_DATA,
      password: (secret) => `$__file{${SECRETS_FOLDER}/${secret}}`,
    };
    this.discovery = {
      kind: 'static',
      address: ({ port }) => ({ address: this.addressOf(port), port }),
    };
  }

  /** The fixed address of the container whose first port this is. No two parts of an environment share a port. */
  addressOf(port: number): string {
    return `${this.#prefix}.${port >> 8}.${port & 255}`;
  }

  secret(name: string): SecretSource {
    return { file: `${SECRETS_FOLDER}/${name}` };
  }

  simulatedAuthority(endpoint: string): string {
    return `${SECRETS_FOLDER}/${endpoint}.pem`;
  }
}
