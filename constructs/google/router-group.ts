import { ComputeHealthCheck } from '@cdktf/provider-google/lib/compute-health-check/index.js';
import { ComputeRegionInstanceGroupManager } from '@cdktf/provider-google/lib/compute-region-instance-group-manager/index.js';
import { Construct } from 'constructs';
import { ROUTER_HEALTH_PATH } from '../../contracts/router-health.ts';
import { resourceName } from '../../workloads/google-names.ts';
import type { NodeTemplate } from './node-template.ts';
import type { Place } from './place.ts';

export interface RouterGroupProps {
  readonly place: Place;
  readonly count: number;
  readonly template: NodeTemplate;
  readonly agentPort: number;
  /** How long a new machine may take until its health counts. */
  readonly joinSeconds: number;
}

/** Ten minutes of not serving: a document that is refused, or an agent that starts again, must not end a machine. */
const CHECK = { checkIntervalSec: 60, timeoutSec: 10, healthyThreshold: 1, unhealthyThreshold: 10 } as const;

/**
 * The routers, spread over the zones. A new template replaces them at once, but none goes before the new ones serve;
 * then the balancer drains the old ones.
 */
export class RouterGroup extends Construct {
  readonly resource: ComputeRegionInstanceGroupManager;

  constructor(scope: Construct, id: string, props: RouterGroupProps) {
    super(scope, id);
    const { place, count, template, agentPort, joinSeconds } = props;
    const name = resourceName(place.environment, ['router']);
    const check = new ComputeHealthCheck(this, 'lives', {
      name: resourceName(place.environment, ['router', 'lives']),
      httpHealthCheck: { port: agentPort, requestPath: ROUTER_HEALTH_PATH },
      ...CHECK,
      logConfig: { enable: true },
    });
    this.resource = new ComputeRegionInstanceGroupManager(this, 'Resource', {
      name,
      baseInstanceName: name,
      region: place.region,
      distributionPolicyZones: [...place.zones],
      distributionPolicyTargetShape: 'EVEN',
      targetSize: count,
      version: [{ instanceTemplate: template.resource.selfLink }],
      updatePolicy: {
        type: 'PROACTIVE',
        minimalAction: 'REPLACE',
        mostDisruptiveAllowedAction: 'REPLACE',
        replacementMethod: 'SUBSTITUTE',
        instanceRedistributionType: 'PROACTIVE',
        maxSurgeFixed: place.zones.length,
        maxUnavailableFixed: 0,
      },
      autoHealingPolicies: { healthCheck: check.id, initialDelaySec: joinSeconds },
      instanceLifecyclePolicy: { defaultActionOnFailure: 'REPAIR', forceUpdateOnRepair: 'NO' },
      waitForInstances: false,
    });
  }
}
