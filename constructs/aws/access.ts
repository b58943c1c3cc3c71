import type { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js';
import { Construct } from 'constructs';
import { EXPORTER_PORTS } from '../../workloads/topology.ts';
import { AccessGroup } from './access-group.ts';

export interface AccessProps {
  readonly environment: string;
  readonly vpc: Vpc;
}

/**
 * Who may speak to whom, by what a machine is. Nodes are spoken to by the router (vLLM, see `Nodes`) and Prometheus
 * (vLLM and exporters), and by nobody else; nobody has SSH.
 */
export class Access extends Construct {
  readonly nodes: AccessGroup;
  readonly router: AccessGroup;
  readonly prometheus: AccessGroup;

  constructor(scope: Construct, id: string, { environment, vpc }: AccessProps) {
    super(scope, id);
    const group = (name: string, description: string) =>
      new AccessGroup(this, name, { name: `fleet-${environment}-${name}`, vpc, description });
    this.nodes = group('nodes', 'GPU nodes of all releases');
    this.router = group('router', 'Routers, with the egress beside them');
    this.prometheus = group('prometheus', 'Prometheus');
    for (const [what, port] of Object.entries(EXPORTER_PORTS))
      this.nodes.accept(this.prometheus, { what, from: port });
  }
}
