import type { Environment } from '../contracts/environment.ts';
import type { SecretSource } from '../contracts/secret.ts';
import type { Discovery, Topology } from '../workloads/topology.ts';

/** Machines of a cloud find each other by names in a private zone, `router.<environment>.fleet.internal`. */
export class CloudTopology implements Topology {
  readonly listen: Topology['listen'];
  readonly reach: Topology['reach'];
  readonly discovery: Discovery;

  constructor(environment: Environment, discovery: Discovery) {
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
  }

  /** Fetched by the machine's identity at boot into memory, see the node and router images. */
  secret(name: string): SecretSource {
    return { file: `/run/fleet/secrets/${name}` };
  }

  simulatedAuthority(endpoint: string): string {
    throw new Error(`endpoint ${endpoint}: clouds do not simulate endpoints`);
  }
}
