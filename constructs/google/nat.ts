import { ComputeRouter } from '@cdktf/provider-google/lib/compute-router/index.js';
import { ComputeRouterNat } from '@cdktf/provider-google/lib/compute-router-nat/index.js';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { Place } from './place.ts';
import type { Subnet } from './subnet.ts';

export interface NatProps {
  readonly place: Place;
  /** Id of the network. */
  readonly network: string;
  /** The subnets whose machines may reach the internet. No other does. */
  readonly subnets: readonly Subnet[];
}

/** The way out to the internet, for the subnets that are named. Nothing comes in through it. */
export class Nat extends Construct {
  readonly resource: ComputeRouterNat;

  constructor(scope: Construct, id: string, { place, network, subnets }: NatProps) {
    super(scope, id);
    const router = new ComputeRouter(this, 'router', {
      name: resourceName(place.environment, [id]),
      region: place.region,
      network,
    });
    this.resource = new ComputeRouterNat(this, 'Resource', {
      name: resourceName(place.environment, [id]),
      region: place.region,
      router: router.name,
      natIpAllocateOption: 'AUTO_ONLY',
      sourceSubnetworkIpRangesToNat: 'LIST_OF_SUBNETWORKS',
      subnetwork: subnets.map(({ resource }) => ({
        name: resource.id,
        sourceIpRangesToNat: ['ALL_IP_RANGES'],
      })),
      // An egress holds many streams to few hosts: the default of 64 ports would run out.
      enableDynamicPortAllocation: true,
      enableEndpointIndependentMapping: false,
      minPortsPerVm: 256,
      maxPortsPerVm: 16_384,
      logConfig: { enable: true, filter: 'ERRORS_ONLY' },
    });
  }
}
