import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group/index.js';
import type { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js';
import { VpcSecurityGroupEgressRule } from '@cdktf/provider-aws/lib/vpc-security-group-egress-rule/index.js';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule/index.js';
import { Construct } from 'constructs';

export interface AccessGroupProps {
  /** Unique within the network. */
  readonly name: string;
  readonly vpc: Vpc;
  /** What carries the group. */
  readonly description: string;
}

/** A run of TCP ports and what listens there. */
export interface Ports {
  readonly what: string;
  readonly from: number;
  /** @default - `from` alone */
  readonly to?: number;
}

/** A security group that begins closed in both directions. Peers are named by their groups, not by addresses. */
export class AccessGroup extends Construct {
  readonly resource: SecurityGroup;

  constructor(scope: Construct, id: string, { name, vpc, description }: AccessGroupProps) {
    super(scope, id);
    this.resource = new SecurityGroup(this, 'Resource', {
      name,
      vpcId: vpc.id,
      description,
      tags: { Name: name },
    });
  }

  /** Lets the carriers of another group reach these ports: both halves, one rule each. */
  accept(peer: AccessGroup, { what, from, to = from }: Ports): void {
    const pair = new Construct(this, `${what}-from-${peer.node.id}`);
    const range = { ipProtocol: 'tcp', fromPort: from, toPort: to };
    new VpcSecurityGroupIngressRule(pair, 'in', {
      ...range,
      securityGroupId: this.resource.id,
      referencedSecurityGroupId: peer.resource.id,
      description: `${what} from ${peer.node.id}`,
    });
    new VpcSecurityGroupEgressRule(pair, 'out', {
      ...range,
      securityGroupId: peer.resource.id,
      referencedSecurityGroupId: this.resource.id,
      description: `${what} of ${this.node.path.split('/').slice(1).join(' ')}`,
    });
  }

  /** Lets any host of these addresses reach these ports. */
  acceptFrom(cidr: string, { what, from, to = from }: Ports): void {
    new VpcSecurityGroupIngressRule(this, `${what}-from-addresses`, {
      ipProtocol: 'tcp',
      fromPort: from,
      toPort: to,
      securityGroupId: this.resource.id,
      cidrIpv4: cidr,
      description: `${what} from ${cidr}`,
    });
  }

  /** Lets the carriers reach a service of AWS through its gateway endpoint. */
  reachService(what: string, prefixListId: string): void {
    new VpcSecurityGroupEgressRule(this, `to-${what}`, {
      ipProtocol: 'tcp',
      fromPort: 443,
      toPort: 443,
      securityGroupId: this.resource.id,
      prefixListId,
      description: `${what} through its endpoint`,
    });
  }

  /** Lets the carriers reach one host that is not of this environment. */
  reach(address: string, { what, from, to = from }: Ports): void {
    new VpcSecurityGroupEgressRule(this, `to-${what}`, {
      ipProtocol: 'tcp',
      fromPort: from,
      toPort: to,
      securityGroupId: this.resource.id,
      cidrIpv4: `${address}/32`,
      description: `${what} at ${address}`,
    });
  }

  /** Lets the carriers reach any host by HTTPS. */
  reachInternet(): void {
    new VpcSecurityGroupEgressRule(this, 'to-internet', {
      ipProtocol: 'tcp',
      fromPort: 443,
      toPort: 443,
      securityGroupId: this.resource.id,
      cidrIpv4: '0.0.0.0/0',
      description: 'HTTPS to the internet',
    });
  }
}
