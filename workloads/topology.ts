import type { RedisConfig } from '../contracts/gateway-config.ts';
import type { Server } from '../contracts/release.ts';
import type { SecretSource } from '../contracts/secret.ts';

export { MACHINE_LABELS } from '../contracts/machine-label.ts';

/** How the router agent and Prometheus find the vLLM servers. */
export type Discovery =
  | { readonly kind: 'static'; address(server: Server): { readonly address: string; readonly port: number } }
  | { readonly kind: 'gce'; readonly project: string; readonly zones: readonly string[] }
  | { readonly kind: 'ec2'; readonly region: string };

/** Where a node's exporters listen: machine metrics and GPU metrics. */
export const EXPORTER_PORTS = { 'node-exporter': 9100, 'dcgm-exporter': 9400 } as const;

/** Parts that read secrets. */
export type SecretReader =
  | 'gateway'
  | 'router'
  | 'reviewer'
  | 'egress'
  | 'endpoint'
  | 'prometheus'
  | 'alertmanager'
  | 'grafana';

/** See `RedisConfig`. */
export type ManagedRedis = Omit<RedisConfig, 'password' | 'whenUnavailable' | 'leaseSeconds'>;

/**
 * Where the parts of an environment listen and find each other. The platform knows it; documents only repeat
 * it. Addresses are `host:port`.
 */
export interface Topology {
  readonly listen: {
    readonly gateway: string;
    readonly gatewayAdmin: string;
    readonly router: string;
    readonly routerAdmin: string;
    readonly routerAgent: string;
    readonly egress: string;
    readonly egressAdmin: string;
    readonly prometheus: string;
    readonly alertmanager: string;
    readonly grafana: string;
    /** Absent: the platform runs none. */
    readonly redis?: string;
    /** Absent: the environment has none. */
    readonly reviewer?: string;
    readonly reviewerAdmin?: string;
  };
  /** Where others reach them. */
  readonly reach: {
    readonly router: string;
    readonly egress: string;
    readonly gatewayAdmin: string;
    readonly egressAdmin: string;
    readonly routerAgent: string;
    /** For those of its own machine, which Alertmanager and Grafana share, and for people behind a tunnel. */
    readonly prometheus: string;
    readonly alertmanager: string;
    readonly grafana: string;
    /** Absent: the platform runs none, or as a service of its own. */
    readonly redis?: string;
    /** Absent: the environment has none. */
    readonly reviewerAdmin?: string;
  };
  /** How gateways reach the Redis that the platform runs as a service of its own. */
  readonly managedRedis?: ManagedRedis;
  readonly discovery: Discovery;
  /** Grafana's places and how it reads its password, in the language of its own files. */
  readonly grafana: {
    readonly folder: string;
    readonly data: string;
    password(secret: string): string;
  };
  /** How a part reads a secret that the environment names. Prometheus and Alertmanager see paths from their own file. */
  secret(name: string, part: SecretReader): SecretSource;
  /** Where the egress finds who it is to Google. Absent: it asks for that itself. */
  readonly egressIdentity?: { readonly file: string };
  /** PEM file with the certificate authority of a simulated endpoint, as the egress sees it. */
  simulatedAuthority(endpoint: string): string;
}
