import { Eip } from '@cdktf/provider-aws/lib/eip/index.js';
import type { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway/index.js';
import { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway/index.js';
import type { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js';
import { Construct } from 'constructs';
import { subnetCidr, type Tier } from './address-plan.ts';
import { RoutedSubnet } from './routed-subnet.ts';

export interface ZoneProps {
  readonly name: string;
  readonly vpc: Vpc;
  readonly internet: InternetGateway;
  /** All of the network's addresses. */
  readonly cidr: string;
  readonly zone: string;
  readonly nodesReachInternet: boolean;
}

/**
 * One availability zone's share of the network. It has a NAT gateway of its own, so that a zone that fails takes no
 * other with it. The router always reaches the internet (public endpoints), the gateway never.
 */
export class Zone extends Construct {
  readonly zone: string;
  readonly nodes: RoutedSubnet;
  readonly router: RoutedSubnet;
  readonly gateway: RoutedSubnet;
  /** The only one that is reached from the internet: NAT gateways and load balancers of a public gateway. */
  readonly open: RoutedSubnet;

  constructor(scope: Construct, id: string, props: ZoneProps) {
    super(scope, id);
    const { name, vpc, internet, cidr, zone, nodesReachInternet } = props;
    const subnet = (tier: Tier, internetThrough?: { gatewayId: string } | { natGatewayId: string }) =>
      new RoutedSubnet(this, tier, {
        name: `${name} ${tier} ${zone}`,
        vpcId: vpc.id,
        zone,
        cidr: subnetCidr(cidr, zone, tier),
        internetThrough,
      });
    this.open = subnet('public', { gatewayId: internet.id });
    const address = new Eip(this, 'address', { domain: 'vpc', tags: { Name: `${name} nat ${zone}` } });
    const nat = new NatGateway(this, 'nat', {
      subnetId: this.open.resource.id,
      allocationId: address.id,
      tags: { Name: `${name} ${zone}` },
      dependsOn: [internet],
    });
    const throughNat = { natGatewayId: nat.id };
    this.zone = zone;
    this.nodes = subnet('nodes', nodesReachInternet ? throughNat : undefined);
    this.router = subnet('router', throughNat);
    this.gateway = subnet('gateway');
  }
}
