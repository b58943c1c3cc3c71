import { ComputeInstanceGroupManager } from '@cdktf/provider-google/lib/compute-instance-group-manager/index.js';
import { ComputeResizeRequest } from '@cdktf/provider-google/lib/compute-resize-request/index.js';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { NodeGroupProps } from './node-group.ts';
import { FLEX_START_SECONDS } from './provisioning.ts';

export interface FlexStartGroupProps
  extends Pick<NodeGroupProps, 'place' | 'name' | 'count' | 'template' | 'held'> {
  /** Resize requests of a region are not in the provider. */
  readonly zone: string;
}

const LONGEST_MACHINE_NAME = 58;

/**
 * Machines that Google lends for a week as soon as it has all of them. They are not repaired, and gone at the end; the
 * size of the group is the resize request's, so the group itself asks for none. Another count, or another week, is
 * another request: it replaces the old one, and machines that it brought stay until their time is over.
 */
export class FlexStartGroup extends Construct {
  readonly resource: ComputeInstanceGroupManager;

  constructor(
    scope: Construct,
    id: string,
    { place, name, count, template, zone, held }: FlexStartGroupProps,
  ) {
    super(scope, id);
    this.resource = new ComputeInstanceGroupManager(this, 'Resource', {
      name: resourceName(place.environment, name),
      baseInstanceName: resourceName(place.environment, name, LONGEST_MACHINE_NAME),
      zone,
      version: [{ instanceTemplate: template.resource.selfLink }],
      updatePolicy: {
        type: 'OPPORTUNISTIC',
        minimalAction: 'REPLACE',
        mostDisruptiveAllowedAction: 'REPLACE',
        replacementMethod: 'SUBSTITUTE',
        maxSurgeFixed: 0,
        maxUnavailableFixed: 1,
      },
      instanceLifecyclePolicy: { defaultActionOnFailure: 'DO_NOTHING', forceUpdateOnRepair: 'NO' },
      waitForInstances: false,
      lifecycle: { preventDestroy: held },
    });
    if (count === 0) return;
    new ComputeResizeRequest(this, 'request', {
      name: resourceName(place.environment, [...name, String(count)]),
      zone,
      instanceGroupManager: this.resource.name,
      resizeBy: count,
      requestedRunDuration: { seconds: String(FLEX_START_SECONDS) },
    });
  }
}
