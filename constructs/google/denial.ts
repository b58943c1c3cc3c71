import { ComputeFirewall } from '@cdktf/provider-google/lib/compute-firewall/index.js';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { AccessRuleProps } from './access-rule.ts';

/** After every rule of an environment, before Google's own. */
const LAST_PRIORITY = 65_534;

/** Denies and logs what no rule has allowed. */
export class Denial extends Construct {
  constructor(scope: Construct, id: string, props: Omit<AccessRuleProps, 'allow' | 'name'>) {
    super(scope, id);
    const { place, network, description, between } = props;
    new ComputeFirewall(this, 'Resource', {
      name: resourceName(place.environment, [id]),
      network: network.resource.id,
      description,
      priority: LAST_PRIORITY,
      deny: [{ protocol: 'all' }],
      logConfig: { metadata: 'INCLUDE_ALL_METADATA' },
      ...between,
    });
  }
}
