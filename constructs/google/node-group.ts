import type { ComputeHealthCheck } from '@cdktf/provider-google/lib/compute-health-check/index.js';
import { ComputeRegionInstanceGroupManager } from '@cdktf/provider-google/lib/compute-region-instance-group-manager/index.js';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { NodeTemplate } from './node-template.ts';
import type { Place } from './place.ts';

export interface NodeGroupProps {
  readonly place: Place;
  readonly name: readonly string[];
  readonly count: number;
  readonly template: NodeTemplate;
  readonly healthCheck: ComputeHealthCheck;
  /** Zones of the machines. Another list is another group: Google cannot change it. */
  readonly zones: readonly string[];
  /** Whether Terraform must refuse to replace the group. */
  readonly held: boolean;
}

/** A machine may pull an image of 10 GB and load and compile a model before its health counts. The most that Google takes. */
const HEALTH_GRACE_SECONDS = 3600;
/** Google appends four characters and a hyphen to names of machines. */
const LONGEST_MACHINE_NAME = 58;

/**
 * The machines of one rung: `count` of them, wherever in its zones there are GPUs, the broken ones made anew from the
 * template they had. Nothing scales it, spreads it, or rolls a new template out to machines that serve. Apply does not
 * wait for machines: GPUs may take hours to be had, and `fleet up` watches them.
 */
export class NodeGroup extends Construct {
  readonly resource: ComputeRegionInstanceGroupManager;

  constructor(scope: Construct, id: string, props: NodeGroupProps) {
    super(scope, id);
    const { place, name, count, template, healthCheck, zones, held } = props;
    this.resource = new ComputeRegionInstanceGroupManager(this, 'Resource', {
      name: resourceName(place.environment, name),
      baseInstanceName: resourceName(place.environment, name, LONGEST_MACHINE_NAME),
      region: place.region,
      distributionPolicyZones: [...zones],
      distributionPolicyTargetShape: 'ANY',
      targetSize: count,
      version: [{ instanceTemplate: template.resource.selfLink }],
      updatePolicy: {
        type: 'OPPORTUNISTIC',
        minimalAction: 'REPLACE',
        mostDisruptiveAllowedAction: 'REPLACE',
        replacementMethod: 'SUBSTITUTE',
        instanceRedistributionType: 'NONE',
        maxSurgeFixed: 0,
        maxUnavailableFixed: zones.length,
      },
      autoHealingPolicies: { healthCheck: healthCheck.id, initialDelaySec: HEALTH_GRACE_SECONDS },
      instanceLifecyclePolicy: { defaultActionOnFailure: 'REPAIR', forceUpdateOnRepair: 'NO' },
      waitForInstances: false,
      lifecycle: { preventDestroy: held },
    });
  }
}
