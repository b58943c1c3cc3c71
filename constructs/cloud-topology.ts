import type { Environment } from '../contracts/environment.ts';
import type { SecretSource } from '../contracts/secret.ts';
import type { Discovery, SecretReader, Topology } from '../workloads/topology.ts';

export const SECRETS_FOLDER = '/run/fleet/secrets';

/** Machines of a cloud find each other by names in a private zone, `router.<environment>.fleet.internal`. */
export class CloudTopology implements Topology {
  readonly listen: Topology['listen'];
  readonly reach: Topology['reach'];
  readonly discovery: Discovery;

  readonly #gatewaySecret: (name: string) => SecretSource;

  constructor(environment: Environment, discovery: Discovery, gatewaySecret: (name: string) => SecretSource) {
    const { gateway, router, egress, prometheus } = environment;
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
    };
    this.reach = {
      router: named('router', router.port),
      egress: `127.0.0.1:${egress.port}`,
      gatewayAdmin: named('gateway', gateway.adminPort),
      egressAdmin: named('router', egress.adminPort),
      routerAgent: named('router', router.agentPort),
    };
    this.discovery = discovery;
    this.#gatewaySecret = gatewaySecret;
  }

  /** On machines fetched at boot by the machine's identity, into memory. The gateway gets them as its platform can. */
  secret(name: string, part: SecretReader): SecretSource {
    return part === 'gateway' ? this.#gatewaySecret(name) : { file: `${SECRETS_FOLDER}/${name}` };
  }

  simulatedAuthority(endpoint: string): string {
    throw new Error(`endpoint ${endpoint}: clouds do not simulate endpoints`);
  }
}
