import { AppautoscalingPolicy } from '@cdktf/provider-aws/lib/appautoscaling-policy/index.js';
import { AppautoscalingTarget } from '@cdktf/provider-aws/lib/appautoscaling-target/index.js';
import { EcsCluster } from '@cdktf/provider-aws/lib/ecs-cluster/index.js';
import { EcsService } from '@cdktf/provider-aws/lib/ecs-service/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { gatewayLogGroup } from '../../workloads/aws-names.ts';
import type { Document } from '../../workloads/document.ts';
import { gatewaySecrets } from '../../workloads/gateway.ts';
import type { Templates } from '../../workloads/templates.ts';
import type { Topology } from '../../workloads/topology.ts';
import type { Access } from './access.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { GatewayBalancer } from './gateway-balancer.ts';
import { GatewayRole } from './gateway-role.ts';
import { GATEWAY_CONTAINER, GatewayTask } from './gateway-task.ts';
import { LogGroup } from './log-group.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';
import type { Redis } from './redis.ts';

export interface GatewayProps {
  readonly environment: Environment;
  readonly topology: Topology;
  readonly place: Place;
  readonly network: Network;
  readonly access: Access;
  readonly key: EncryptionKey;
  /** gateway.json of the edge. */
  readonly document: Document;
  /** @default - none, or somebody else's */
  readonly redis?: Redis;
  readonly templates: Templates;
}

const GRACE_SECONDS = 60;
/** Percent. One thread does most of the work, so an instance with one CPU is full well before 100. */
const CPU_TARGET = 60;

/** The gateway as a service on Fargate behind a load balancer, in subnets without a way to the internet. */
export class Gateway extends Construct {
  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    const { environment, place, network, access, key, redis } = props;
    const { instances, port } = environment.gateway;
    const { gateway: image } = environment.images;
    if (image === undefined) throw new Error(`environment ${environment.name} names no image of the gateway`);
    const name = `fleet-${environment.name}-gateway`;
    const secrets = gatewaySecrets(environment);

    const logs = new LogGroup(this, 'logs', { name: gatewayLogGroup(environment.name), place, key });
    const variablesFile = redis?.variablesArn;
    const role = new GatewayRole(this, 'role', { environment, place, logs, image, secrets, variablesFile });
    const task = new GatewayTask(this, 'task', { ...props, role, image, secrets, variablesFile });
    const balancer = new GatewayBalancer(this, 'balancer', { environment, network, access });
    const cluster = new EcsCluster(this, 'cluster', {
      name,
      setting: [{ name: 'containerInsights', value: 'enabled' }],
    });
    const grows = instances.most > instances.least;
    const service = new EcsService(this, 'Resource', {
      name: 'gateway',
      cluster: cluster.arn,
      taskDefinition: task.resource.arn,
      launchType: 'FARGATE',
      platformVersion: 'LATEST',
      desiredCount: instances.least,
      deploymentMinimumHealthyPercent: 100,
      deploymentMaximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      healthCheckGracePeriodSeconds: GRACE_SECONDS,
      enableEcsManagedTags: true,
      propagateTags: 'SERVICE',
      networkConfiguration: {
        subnets: network.zones.map((zone) => zone.gateway.resource.id),
        securityGroups: [access.gateway.resource.id],
        assignPublicIp: false,
      },
      loadBalancer: [
        { targetGroupArn: balancer.targets.arn, containerName: GATEWAY_CONTAINER, containerPort: port },
      ],
      dependsOn: [balancer.listener, ...(redis === undefined ? [] : [redis.variables])],
      // The count belongs to the autoscaling below.
      lifecycle: grows ? { ignoreChanges: ['desired_count'] } : undefined,
    });
    if (grows) this.#scale(`service/${name}/gateway`, instances, service);
  }

  #scale(resourceId: string, { least, most }: { least: number; most: number }, service: EcsService): void {
    const dimension = { resourceId, scalableDimension: 'ecs:service:DesiredCount', serviceNamespace: 'ecs' };
    const target = new AppautoscalingTarget(this, 'instances', {
      ...dimension,
      minCapacity: least,
      maxCapacity: most,
      dependsOn: [service],
    });
    new AppautoscalingPolicy(this, 'by-cpu', {
      ...dimension,
      name: 'cpu',
      policyType: 'TargetTrackingScaling',
      targetTrackingScalingPolicyConfiguration: {
        predefinedMetricSpecification: { predefinedMetricType: 'ECSServiceAverageCPUUtilization' },
        targetValue: CPU_TARGET,
        scaleInCooldown: 300,
        scaleOutCooldown: 30,
      },
      dependsOn: [target],
    });
  }
}
