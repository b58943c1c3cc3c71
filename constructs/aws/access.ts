import type { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { NODE_HEALTH_PORT } from '../../contracts/node-health.ts';
import { collectorOf, tracesNodes } from '../../contracts/tracing-rules.ts';
import { EXPORTER_PORTS } from '../../workloads/topology.ts';
import { AccessGroup } from './access-group.ts';

export interface AccessProps {
  readonly environment: Environment;
  readonly vpc: Vpc;
}

/**
 * Who may speak to whom, by what a machine is. Clients reach the gateway's load balancer, it the gateway, the gateway the
 * routers' load balancer, it the router, the router the nodes; Prometheus reaches routers and nodes, gateways send it theirs. Nodes are spoken to by the
 * router (vLLM, see `Nodes`, and readiness) and Prometheus (vLLM and exporters), and by nobody else; nobody has SSH.
 */
export class Access extends Construct {
  readonly nodes: AccessGroup;
  readonly router: AccessGroup;
  readonly prometheus: AccessGroup;
  readonly gateway: AccessGroup;
  /** The load balancer in front of the routers. */
  readonly routers: AccessGroup;
  /** The load balancer in front of the gateway. */
  readonly clients: AccessGroup;

  constructor(scope: Construct, id: string, { environment, vpc }: AccessProps) {
    super(scope, id);
    const group = (name: string, description: string) =>
      new AccessGroup(this, name, { name: `fleet-${environment.name}-${name}`, vpc, description });
    this.nodes = group('nodes', 'GPU nodes of all releases');
    this.router = group('router', 'Routers, with the egress beside them');
    this.prometheus = group('prometheus', 'Prometheus');
    this.gateway = group('gateway', 'Gateway');
    this.clients = group('clients', 'Load balancer of the gateway');
    this.routers = group('routers', 'Load balancer of the routers');
    for (const who of [this.router, this.prometheus])
      this.nodes.accept(who, { what: 'readiness', from: NODE_HEALTH_PORT });
    for (const [what, port] of Object.entries(EXPORTER_PORTS))
      this.nodes.accept(this.prometheus, { what, from: port });
    const { gateway, router, egress } = environment;
    this.gateway.accept(this.clients, { what: 'api', from: gateway.port });
    this.gateway.accept(this.clients, { what: 'health', from: gateway.adminPort });
    this.routers.accept(this.gateway, { what: 'router', from: router.port });
    this.router.accept(this.routers, { what: 'router', from: router.port });
    this.router.accept(this.routers, { what: 'health', from: router.agentPort });
    this.router.accept(this.prometheus, { what: 'agent', from: router.agentPort });
    this.router.accept(this.prometheus, { what: 'egress', from: egress.adminPort });
    this.prometheus.accept(this.prometheus, { what: 'node-exporter', from: EXPORTER_PORTS['node-exporter'] });
    this.prometheus.accept(this.gateway, { what: 'metrics', from: environment.prometheus.port });
    this.router.accept(this.prometheus, { what: 'node-exporter', from: EXPORTER_PORTS['node-exporter'] });
    const { address, port } = collectorOf(environment) ?? {};
    if (address === undefined || port === undefined) return;
    for (const sender of [this.gateway, ...(tracesNodes(environment) ? [this.nodes] : [])])
      sender.reach(address, { what: 'collector', from: port });
  }

  /** What runs in the network, apart from the load balancers. */
  get machines(): AccessGroup[] {
    return [this.nodes, this.router, this.prometheus, this.gateway];
  }
}
