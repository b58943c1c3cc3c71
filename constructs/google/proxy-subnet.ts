import { ComputeSubnetwork } from '@cdktf/provider-google/lib/compute-subnetwork/index.js';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { SubnetProps } from './subnet.ts';

/** The range that the proxies of regional load balancers speak from. Google lets it log no flows. */
export class ProxySubnet extends Construct {
  readonly resource: ComputeSubnetwork;

  constructor(scope: Construct, id: string, { place, network, cidr }: SubnetProps) {
    super(scope, id);
    this.resource = new ComputeSubnetwork(this, 'Resource', {
      name: resourceName(place.environment, [id]),
      region: place.region,
      network,
      ipCidrRange: cidr,
      purpose: 'REGIONAL_MANAGED_PROXY',
      role: 'ACTIVE',
    });
  }
}
