import { Route } from '@cdktf/provider-aws/lib/route/index.js';
import { RouteTable } from '@cdktf/provider-aws/lib/route-table/index.js';
import { RouteTableAssociation } from '@cdktf/provider-aws/lib/route-table-association/index.js';
import { Subnet } from '@cdktf/provider-aws/lib/subnet/index.js';
import { Construct } from 'constructs';

export interface RoutedSubnetProps {
  readonly name: string;
  readonly vpcId: string;
  readonly zone: string;
  readonly cidr: string;
  /** Way to the internet. @default - none: only the network itself and its endpoints are reached */
  readonly internetThrough?: { readonly gatewayId: string } | { readonly natGatewayId: string };
}

/** A subnet with a route table of its own. Nothing in it gets a public address. */
export class RoutedSubnet extends Construct {
  readonly resource: Subnet;
  readonly routeTable: RouteTable;

  constructor(scope: Construct, id: string, props: RoutedSubnetProps) {
    super(scope, id);
    const { name, vpcId, zone, cidr, internetThrough } = props;
    const tags = { Name: name };
    this.resource = new Subnet(this, 'Resource', {
      vpcId,
      availabilityZone: zone,
      cidrBlock: cidr,
      mapPublicIpOnLaunch: false,
      tags,
    });
    this.routeTable = new RouteTable(this, 'routes', { vpcId, tags });
    new RouteTableAssociation(this, 'association', {
      subnetId: this.resource.id,
      routeTableId: this.routeTable.id,
    });
    if (internetThrough !== undefined) {
      new Route(this, 'internet', {
        routeTableId: this.routeTable.id,
        destinationCidrBlock: '0.0.0.0/0',
        ...internetThrough,
      });
    }
  }
}
