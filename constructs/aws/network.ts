import { DefaultSecurityGroup } from '@cdktf/provider-aws/lib/default-security-group/index.js';
import { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway/index.js';
import { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js';
import { Construct } from 'constructs';
import type { EncryptionKey } from './encryption-key.ts';
import { FlowLogs } from './flow-logs.ts';
import type { Place } from './place.ts';
import { Zone } from './zone.ts';

export interface NetworkProps {
  readonly environment: string;
  readonly place: Place;
  readonly key: EncryptionKey;
  /** A private /16. */
  readonly cidr: string;
  readonly zones: readonly string[];
  readonly nodesReachInternet: boolean;
}

/** The environment's own network: for each zone private subnets for nodes, router and gateway. */
export class Network extends Construct {
  readonly vpc: Vpc;
  readonly cidr: string;
  readonly zones: readonly Zone[];

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const { environment, place, key, cidr, zones, nodesReachInternet } = props;
    const name = `fleet ${environment}`;
    this.cidr = cidr;
    this.vpc = new Vpc(this, 'Resource', {
      cidrBlock: cidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: name },
    });
    new DefaultSecurityGroup(this, 'closed-default', {
      vpcId: this.vpc.id,
      tags: { Name: `${name} default, closed` },
    });
    new FlowLogs(this, 'flow-logs', { environment, place, key, vpc: this.vpc });
    const internet = new InternetGateway(this, 'internet', { vpcId: this.vpc.id, tags: { Name: name } });
    this.zones = zones.map(
      (zone) => new Zone(this, zone, { name, vpc: this.vpc, internet, cidr, zone, nodesReachInternet }),
    );
  }

  /** Subnets that a node may be started in. @throws Error for a zone outside the network */
  nodeSubnets(zone?: string): string[] {
    const chosen = this.zones.filter((candidate) => zone === undefined || candidate.zone === zone);
    if (chosen.length === 0) throw new Error(`the network has no zone ${zone}`);
    return chosen.map(({ nodes }) => nodes.resource.id);
  }
}
