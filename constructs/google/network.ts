import { ComputeNetwork } from '@cdktf/provider-google/lib/compute-network/index.js';
import { DnsManagedZone } from '@cdktf/provider-google/lib/dns-managed-zone/index.js';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import { addressPlan } from './address-plan.ts';
import { Nat } from './nat.ts';
import type { Place } from './place.ts';
import { PrivateApis } from './private-apis.ts';
import { ProxySubnet } from './proxy-subnet.ts';
import { Subnet } from './subnet.ts';

export interface NetworkProps {
  readonly place: Place;
  /** A /16. */
  readonly cidr: string;
  /** Routers always do, for the egress speaks to public endpoints, and monitoring, which calls a pager. */
  readonly nodesReachInternet: boolean;
  /** Whether the environment has a reviewer. @default false */
  readonly reviewer?: boolean;
}

/** An environment's own network: private subnets, one way out, names for its parts and for Google's APIs. */
export class Network extends Construct {
  readonly resource: ComputeNetwork;
  readonly cidr: string;
  readonly nodes: Subnet;
  readonly routers: Subnet;
  readonly monitoring: Subnet;
  readonly gateway: Subnet;
  /** Absent: the environment has no reviewer. */
  readonly reviewer?: Subnet;
  /** Zone of `<part>.<environment>.fleet.internal`; parts add their records. */
  readonly names: DnsManagedZone;

  constructor(
    scope: Construct,
    id: string,
    { place, cidr, nodesReachInternet, reviewer = false }: NetworkProps,
  ) {
    super(scope, id);
    const plan = addressPlan(cidr);
    this.cidr = cidr;
    this.resource = new ComputeNetwork(this, 'Resource', {
      name: resourceName(place.environment, [id]),
      autoCreateSubnetworks: false,
      routingMode: 'REGIONAL',
    });
    const network = this.resource.id;
    const subnet = (name: string, range: string) => new Subnet(this, name, { place, network, cidr: range });
    this.nodes = subnet('nodes', plan.nodes);
    this.routers = subnet('routers', plan.routers);
    this.monitoring = subnet('monitoring', plan.monitoring);
    this.gateway = subnet('gateway', plan.gateway);
    this.reviewer = reviewer ? subnet('reviewer', plan.reviewer) : undefined;
    new ProxySubnet(this, 'proxies', { place, network, cidr: plan.proxies });
    new Nat(this, 'nat', {
      place,
      network,
      subnets: [
        ...[this.routers, this.monitoring, ...(nodesReachInternet ? [this.nodes] : [])],
        ...(this.reviewer === undefined ? [] : [this.reviewer]),
      ],
    });
    new PrivateApis(this, 'private-apis', { place, network });
    this.names = new DnsManagedZone(this, 'names', {
      name: resourceName(place.environment, ['names']),
      dnsName: `${place.environment}.fleet.internal.`,
      description: 'where the parts of the environment find each other',
      visibility: 'private',
      privateVisibilityConfig: { networks: [{ networkUrl: network }] },
    });
  }
}
