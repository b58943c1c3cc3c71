import {
  ComputeFirewall,
  type ComputeFirewallConfig,
} from '@cdktf/provider-google/lib/compute-firewall/index.js';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';

export interface AccessRuleProps {
  readonly place: Place;
  readonly network: Network;
  readonly description: string;
  /** What tells the rule from others of the environment. @default - the construct's id */
  readonly name?: readonly string[];
  /** TCP ports, `8000` or `8000-8003`. */
  readonly allow: readonly string[];
  readonly between: Pick<
    ComputeFirewallConfig,
    'direction' | 'sourceRanges' | 'sourceServiceAccounts' | 'destinationRanges' | 'targetServiceAccounts'
  >;
}

/** One thing that machines may do over the network. What no rule allows is denied, see `Access`. */
export class AccessRule extends Construct {
  readonly resource: ComputeFirewall;

  constructor(scope: Construct, id: string, props: AccessRuleProps) {
    super(scope, id);
    const { place, network, description, name = [id], allow, between } = props;
    this.resource = new ComputeFirewall(this, 'Resource', {
      name: resourceName(place.environment, name),
      network: network.resource.id,
      description,
      allow: [{ protocol: 'tcp', ports: [...allow] }],
      ...between,
    });
  }
}
