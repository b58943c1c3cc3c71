import { Lb } from '@cdktf/provider-aws/lib/lb/index.js';
import { LbListener } from '@cdktf/provider-aws/lib/lb-listener/index.js';
import { LbTargetGroup } from '@cdktf/provider-aws/lib/lb-target-group/index.js';
import { Route53Record } from '@cdktf/provider-aws/lib/route53-record/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { ROUTER_HEALTH_PATH } from '../../contracts/router-health.ts';
import { boundedName } from '../../workloads/bounded-name.ts';
import type { Access } from './access.ts';
import type { Names } from './names.ts';
import type { Network } from './network.ts';

export interface RouterBalancerProps {
  readonly environment: Environment;
  readonly network: Network;
  readonly access: Access;
  readonly names: Names;
}

const LONGEST_NAME = 32;
/** A model may think for long before its first byte: nginx gives up after ten minutes, the balancer must not before it. */
const IDLE_SECONDS = 3600;
/** For new connections. Those that stand are kept until nginx has finished with them. */
const DEREGISTRATION_SECONDS = 30;

/**
 * One name for the routers, inside the network: `router.<environment>.fleet.internal`. It passes connections through
 * and asks each router's agent whether nginx serves. A router that leaves, or whose agent is silent, gets no new
 * connections and keeps those it has.
 */
export class RouterBalancer extends Construct {
  readonly targets: LbTargetGroup;

  constructor(scope: Construct, id: string, { environment, network, access, names }: RouterBalancerProps) {
    super(scope, id);
    const { port, agentPort } = environment.router;
    const name = boundedName(['fleet', environment.name, 'router'], LONGEST_NAME);
    const balancer = new Lb(this, 'Resource', {
      name,
      loadBalancerType: 'network',
      internal: true,
      subnets: network.zones.map((zone) => zone.router.resource.id),
      securityGroups: [access.routers.resource.id],
      enableCrossZoneLoadBalancing: true,
    });
    this.targets = new LbTargetGroup(this, 'machines', {
      name,
      vpcId: network.vpc.id,
      targetType: 'instance',
      protocol: 'TCP',
      port,
      deregistrationDelay: String(DEREGISTRATION_SECONDS),
      connectionTermination: false,
      targetHealthState: [{ enableUnhealthyConnectionTermination: false }],
      healthCheck: {
        protocol: 'HTTP',
        port: String(agentPort),
        path: ROUTER_HEALTH_PATH,
        matcher: '200',
        interval: 5,
        timeout: 3,
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
    });
    new LbListener(this, 'listener', {
      loadBalancerArn: balancer.arn,
      protocol: 'TCP',
      port,
      tcpIdleTimeoutSeconds: IDLE_SECONDS,
      defaultAction: [{ type: 'forward', targetGroupArn: this.targets.arn }],
    });
    new Route53Record(this, 'name', {
      zoneId: names.resource.zoneId,
      name: `router.${names.domain}`,
      type: 'A',
      alias: { name: balancer.dnsName, zoneId: balancer.zoneId, evaluateTargetHealth: false },
    });
  }
}
