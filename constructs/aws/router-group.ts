import { AutoscalingGroup } from '@cdktf/provider-aws/lib/autoscaling-group/index.js';
import { Construct } from 'constructs';
import { DRAIN_HOOK, JOIN_HOOK } from '../../workloads/aws-names.ts';
import type { MachineTemplate } from './machine-template.ts';

export interface RouterGroupProps {
  readonly name: string;
  readonly count: number;
  readonly template: MachineTemplate;
  readonly subnetIds: readonly string[];
  readonly targetGroupArn: string;
  /** How long a new machine may take until it serves. */
  readonly joinSeconds: number;
  /** How long a leaving machine is held. */
  readonly leaveSeconds: number;
  readonly tags: Readonly<Record<string, string>>;
}

const ENDING_SECONDS = 600;
/** The most that a hook waits without a heartbeat. */
const LONGEST_HOLD_SECONDS = 7200;

/**
 * The routers, spread over the zones. A new template replaces them one at a time: the new one starts first, joins once it
 * serves, and only then an old one leaves and finishes what it has. Health is EC2's: a router that does not serve gets no
 * connections, but a mistake in a document or in the agent must not end machines that serve.
 */
export class RouterGroup extends Construct {
  readonly resource: AutoscalingGroup;

  constructor(scope: Construct, id: string, props: RouterGroupProps) {
    super(scope, id);
    const { name, count, template, subnetIds, targetGroupArn, joinSeconds, leaveSeconds, tags } = props;
    this.resource = new AutoscalingGroup(this, 'Resource', {
      name,
      minSize: count,
      maxSize: count + 1,
      desiredCapacity: count,
      vpcZoneIdentifier: [...subnetIds],
      launchTemplate: { id: template.resource.id, version: `${template.resource.latestVersion}` },
      targetGroupArns: [targetGroupArn],
      healthCheckType: 'EC2',
      healthCheckGracePeriod: joinSeconds,
      instanceRefresh: {
        strategy: 'Rolling',
        preferences: {
          minHealthyPercentage: 100,
          maxHealthyPercentage: 100 + Math.ceil(100 / count),
          instanceWarmup: '0',
        },
      },
      initialLifecycleHook: [
        {
          name: JOIN_HOOK,
          lifecycleTransition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
          heartbeatTimeout: Math.min(joinSeconds, LONGEST_HOLD_SECONDS),
          defaultResult: 'ABANDON',
        },
        {
          name: DRAIN_HOOK,
          lifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
          heartbeatTimeout: Math.min(leaveSeconds, LONGEST_HOLD_SECONDS),
          defaultResult: 'CONTINUE',
        },
      ],
      waitForCapacityTimeout: '0',
      enabledMetrics: ['GroupDesiredCapacity', 'GroupInServiceInstances', 'GroupTerminatingInstances'],
      timeouts: { delete: `${leaveSeconds + ENDING_SECONDS}s` },
      tag: Object.entries({ ...tags, Name: name }).map(([key, value]) => ({
        key,
        value,
        propagateAtLaunch: false,
      })),
    });
  }
}
