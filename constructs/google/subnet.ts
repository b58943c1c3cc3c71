import { ComputeSubnetwork } from '@cdktf/provider-google/lib/compute-subnetwork/index.js';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { Place } from './place.ts';

export interface SubnetProps {
  readonly place: Place;
  /** Id of the network. */
  readonly network: string;
  readonly cidr: string;
}

/** A subnet whose machines have private addresses alone and reach Google's APIs without a public one. Flows are logged. */
export class Subnet extends Construct {
  readonly resource: ComputeSubnetwork;
  readonly cidr: string;

  constructor(scope: Construct, id: string, { place, network, cidr }: SubnetProps) {
    super(scope, id);
    this.cidr = cidr;
    this.resource = new ComputeSubnetwork(this, 'Resource', {
      name: resourceName(place.environment, [id]),
      region: place.region,
      network,
      ipCidrRange: cidr,
      privateIpGoogleAccess: true,
      stackType: 'IPV4_ONLY',
      logConfig: {
        aggregationInterval: 'INTERVAL_5_MIN',
        flowSampling: 0.5,
        metadata: 'INCLUDE_ALL_METADATA',
      },
    });
  }
}
