import { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import type { Document } from '../../workloads/document.ts';
import { gatewaySecrets } from '../../workloads/gateway.ts';
import { resourceName } from '../../workloads/google-names.ts';
import { LAST_SCRAPE_SECONDS } from '../../workloads/metrics-agent.ts';
import type { Templates } from '../../workloads/templates.ts';
import type { Topology } from '../../workloads/topology.ts';
import { REDIS_VARIABLES } from '../cloud-topology.ts';
import type { Access } from './access.ts';
import { AccessRule } from './access-rule.ts';
import { type Container, metricsContainer, onOneLine, runsAs, START, secretMounts } from './cloud-run.ts';
import { GatewayEntrance } from './gateway-entrance.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';
import type { Redis } from './redis.ts';

export interface GatewayProps {
  readonly environment: Environment;
  readonly topology: Topology;
  readonly place: Place;
  readonly network: Network;
  readonly access: Access;
  /** gateway.json of the edge. */
  readonly document: Document;
  /** Absent: the environment has none, or names somebody else's. */
  readonly redis?: Redis;
  readonly templates: Templates;
}

const CONFIG_VARIABLE = 'FLEET_GATEWAY_CONFIG';
/** How often new API keys are looked for. */
const RELOAD_SECONDS = 30;
const LONGEST_NAME = 49;

/**
 * The gateway on Cloud Run: an identity that may read its secrets and sign in to its Redis, the network as its only way out,
 * HTTP/2 without TLS inside so that an instance sees when a client leaves. Its configuration is a variable: a changed
 * one is a new revision. Weights are not in it. Its default URL answers only inside: provider 6.50 cannot switch it off.
 */
export class Gateway extends Construct {
  readonly service: CloudRunV2Service;

  constructor(scope: Construct, id: string, props: GatewayProps) {
    super(scope, id);
    const { environment, place, network, access } = props;
    const { exposure, requestTimeout, instances } = environment.gateway;
    const isPublic = exposure === 'public';
    const secrets = gatewaySecrets(environment);
    const { grants, template } = runsAs(this, {
      ...{ environment, place, network, secrets },
      ...{ identity: access.gateway, subnet: network.gateway },
    });
    this.service = new CloudRunV2Service(this, 'Resource', {
      name: resourceName(place.environment, [id], LONGEST_NAME),
      location: place.region,
      ingress: isPublic ? 'INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER' : 'INGRESS_TRAFFIC_INTERNAL_ONLY',
      // Who may call is decided by API keys, which the gateway checks itself.
      invokerIamDisabled: true,
      deletionProtection: false,
      template: {
        ...template,
        timeout: `${requestTimeout}s`,
        maxInstanceRequestConcurrency: instances.concurrency,
        scaling: { minInstanceCount: instances.least, maxInstanceCount: instances.most },
        containers: [
          container(props, secrets),
          metricsContainer(environment, props.topology, props.templates),
        ],
      },
      dependsOn: grants,
    });
    // What Cloud Run sends into the network has no identity there that a rule could name.
    new AccessRule(this, 'reaches-router', {
      place,
      network,
      name: ['gateway', 'reaches-router'],
      description: 'The gateway speaks to routers',
      allow: [String(environment.router.port)],
      between: {
        direction: 'INGRESS',
        sourceRanges: [network.gateway.cidr],
        targetServiceAccounts: [access.router.resource.email],
      },
    });
    if (isPublic) new GatewayEntrance(this, 'entrance', { environment, place, service: this.service });
  }
}

function container(
  { environment, topology, document, redis }: GatewayProps,
  secrets: readonly string[],
): Container {
  const { port, adminPort, instances } = environment.gateway;
  const { gateway: image } = environment.images;
  if (image === undefined) throw new Error(`environment ${environment.name} names no image of the gateway`);
  return {
    name: 'gateway',
    image,
    command: ['node', '/app/gateway.mjs'],
    args: [
      ...['--config-variable', CONFIG_VARIABLE, '--reload-every', String(RELOAD_SECONDS)],
      ...['--listen', topology.listen.gateway, '--admin', topology.listen.gatewayAdmin],
      ...['--last-scrape', String(LAST_SCRAPE_SECONDS)],
    ],
    env: [
      { name: CONFIG_VARIABLE, value: onOneLine(document) },
      ...(redis === undefined ? [] : [{ name: REDIS_VARIABLES.authority, value: redis.authority }]),
    ],
    ports: { name: 'h2c', containerPort: port },
    resources: {
      limits: { cpu: String(instances.cpus), memory: `${instances.memoryGiB}Gi` },
      cpuIdle: false,
      startupCpuBoost: true,
    },
    startupProbe: { httpGet: { path: '/ready/router', port: adminPort }, timeoutSeconds: 4, ...START },
    livenessProbe: { httpGet: { path: '/ready', port: adminPort }, periodSeconds: 10, failureThreshold: 3 },
    volumeMounts: secretMounts(secrets),
  };
}
