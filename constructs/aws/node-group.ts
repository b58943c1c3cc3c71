import { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group/index.js';
import { AutoscalingLifecycleHook } from '@cdktf/provider-aws/lib/autoscaling-lifecycle-hook/index.js';
import { Construct } from 'constructs';
import { DRAIN_HOOK } from '../../workloads/aws-names.ts';
import type { MachineTemplate } from './machine-template.ts';

export interface NodeGroupProps {
  readonly name: string;
  readonly count: number;
  readonly template: MachineTemplate;
  readonly subnetIds: readonly string[];
  /** How long a leaving machine is held. */
  readonly leaveSeconds: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** A machine may pull an image of 10 GB and load and compile a model before its health counts. */
const HEALTH_GRACE_SECONDS = 3600;
/** What AWS itself takes to end machines, when a group is destroyed. */
const ENDING_SECONDS = 600;
/** Nothing but a plan takes machines away: not even to spread them over zones. */
const SUSPENDED = ['AZRebalance'];

/**
 * The machines of one rung: exactly `count`, the broken ones replaced. No policy scales it, a new template refreshes
 * nobody, and a machine that leaves is held until it has drained. Apply does not wait for machines: GPUs may take hours
 * to be had, and `fleet up` watches them.
 */
export class NodeGroup extends Construct {
  readonly resource: AutoscalingGroup;

  constructor(scope: Construct, id: string, props: NodeGroupProps) {
    super(scope, id);
    const { name, count, template, subnetIds, leaveSeconds, tags } = props;
    this.resource = new AutoscalingGroup(this, 'Resource', {
      name,
      minSize: count,
      maxSize: count,
      desiredCapacity: count,
      vpcZoneIdentifier: [...subnetIds],
      launchTemplate: { id: template.resource.id, version: `${template.resource.latestVersion}` },
      healthCheckType: 'EC2',
      healthCheckGracePeriod: HEALTH_GRACE_SECONDS,
      suspendedProcesses: SUSPENDED,
      terminationPolicies: ['NewestInstance'],
      waitForCapacityTimeout: '0',
      enabledMetrics: ['GroupDesiredCapacity', 'GroupInServiceInstances', 'GroupTerminatingInstances'],
      timeouts: { delete: `${leaveSeconds + ENDING_SECONDS}s` },
      tag: Object.entries({ ...tags, Name: name }).map(([key, value]) => ({
        key,
        value,
        propagateAtLaunch: false,
      })),
    });
    new AutoscalingLifecycleHook(this, 'drain', {
      name: DRAIN_HOOK,
      autoscalingGroupName: this.resource.name,
      lifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      heartbeatTimeout: leaveSeconds,
      defaultResult: 'CONTINUE',
    });
  }
}
