import { EcsTaskDefinition } from '@cdktf/provider-aws/lib/ecs-task-definition/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { secretVariable } from '../../contracts/secret.ts';
import { gatewayLogGroup } from '../../workloads/aws-names.ts';
import type { Document } from '../../workloads/document.ts';
import { GATEWAY_DRAIN_SECONDS } from '../../workloads/gateway.ts';
import { LAST_SCRAPE_SECONDS, METRICS_FOLDER, metricsAgent } from '../../workloads/metrics-agent.ts';
import { PROMETHEUS_IMAGE } from '../../workloads/observability-images.ts';
import type { Templates } from '../../workloads/templates.ts';
import type { Topology } from '../../workloads/topology.ts';
import type { GatewayRole } from './gateway-role.ts';
import type { Place } from './place.ts';
import { secretArn } from './secret-access.ts';

export interface GatewayTaskProps {
  readonly environment: Environment;
  readonly topology: Topology;
  readonly place: Place;
  readonly role: GatewayRole;
  readonly image: string;
  readonly document: Document;
  /** ARN of a file of variables that only a deploy finds out. @default - none */
  readonly variablesFile?: string;
  readonly templates: Templates;
  readonly secrets: readonly string[];
}

/** Name of the container that serves. */
export const GATEWAY_CONTAINER = 'gateway';
const CONFIG_VARIABLE = 'FLEET_GATEWAY_CONFIG';
const METRICS_VOLUME = 'metrics';
const STOP_MARGIN_SECONDS = 12;
const USER = '10001:10001';
const NOBODY = '65534:65534';

/**
 * One instance of the gateway on Fargate: no privileges, nothing writable, secrets by reference. Its configuration is a
 * variable of the task, so a changed one is a new revision, which the service rolls out instance by instance. Weights
 * are not in it.
 */
export class GatewayTask extends Construct {
  readonly resource: EcsTaskDefinition;

  constructor(scope: Construct, id: string, props: GatewayTaskProps) {
    super(scope, id);
    const { environment, role } = props;
    const { cpus, memoryGiB } = environment.gateway.instances;
    this.resource = new EcsTaskDefinition(this, 'Resource', {
      family: `fleet-${environment.name}-gateway`,
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: String(cpus * 1024),
      memory: String(memoryGiB * 1024),
      runtimePlatform: { operatingSystemFamily: 'LINUX', cpuArchitecture: 'X86_64' },
      executionRoleArn: role.resource.arn,
      volume: [{ name: METRICS_VOLUME }],
      containerDefinitions: JSON.stringify([container(props), metricsContainer(props)]),
    });
  }
}

/** Quotes within quotes do not survive `synth --hcl`. */
function encoded({ text }: Document): string {
  return Buffer.from(JSON.stringify(JSON.parse(text))).toString('base64');
}

/** In the API's own terms. All values are known beforehand. */
function container(props: GatewayTaskProps) {
  const { environment, topology, place, image, document, variablesFile, secrets } = props;
  const { port, adminPort } = environment.gateway;
  const { gateway: listen, gatewayAdmin: admin } = topology.listen;
  return {
    name: GATEWAY_CONTAINER,
    image,
    essential: true,
    user: USER,
    readonlyRootFilesystem: true,
    linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
    entryPoint: ['node', '/app/gateway.mjs'],
    command: [
      ...['--config-variable', CONFIG_VARIABLE, '--listen', listen, '--admin', admin],
      ...['--last-scrape', String(LAST_SCRAPE_SECONDS)],
    ],
    environment: [{ name: CONFIG_VARIABLE, value: encoded(document) }],
    ...(variablesFile === undefined ? {} : { environmentFiles: [{ type: 's3', value: variablesFile }] }),
    secrets: secrets.map((name) => ({
      name: secretVariable(name),
      valueFrom: secretArn(environment, name, place),
    })),
    portMappings: [port, adminPort].map((containerPort) => ({
      containerPort,
      hostPort: containerPort,
      protocol: 'tcp',
    })),
    stopTimeout: GATEWAY_DRAIN_SECONDS + STOP_MARGIN_SECONDS,
    healthCheck: {
      command: ['CMD', 'node', '/app/probe.mjs', `http://127.0.0.1:${adminPort}/ready`],
      interval: 10,
      timeout: 5,
      retries: 3,
      startPeriod: 20,
    },
    logConfiguration: logs(environment, place, 'gateway'),
  };
}

function logs({ name }: Environment, place: Place, prefix: string) {
  return {
    logDriver: 'awslogs',
    options: {
      'awslogs-group': gatewayLogGroup(name),
      'awslogs-region': place.region,
      'awslogs-stream-prefix': prefix,
    },
  };
}

/** Prometheus as an agent: an instance that lives for seconds is seen too. Its end takes no gateway with it. */
function metricsContainer({ environment, topology, templates, place }: GatewayTaskProps) {
  const agent = metricsAgent(environment, topology, templates.metricsAgent);
  return {
    name: 'metrics',
    image: environment.images.prometheus ?? PROMETHEUS_IMAGE,
    essential: false,
    user: NOBODY,
    readonlyRootFilesystem: true,
    linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
    entryPoint: agent.command,
    command: agent.arguments,
    environment: Object.entries(agent.environment).map(([name, value]) => ({ name, value })),
    mountPoints: [{ sourceVolume: METRICS_VOLUME, containerPath: METRICS_FOLDER, readOnly: false }],
    stopTimeout: GATEWAY_DRAIN_SECONDS + STOP_MARGIN_SECONDS,
    logConfiguration: logs(environment, place, 'metrics'),
  };
}
