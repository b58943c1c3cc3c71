import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import type { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { documentsBucket, EGRESS_OBJECT } from '../../contracts/document-objects.ts';
import type { Environment } from '../../contracts/environment.ts';
import type { Release } from '../../contracts/release.ts';
import { ROUTER_OBJECTS } from '../../contracts/router-agent-settings.ts';
import { secretVariable } from '../../contracts/secret.ts';
import { nodeLogGroup } from '../../workloads/aws-names.ts';
import {
  monitoringDocuments,
  monitoringObjects,
  monitoringUserData,
} from '../../workloads/monitoring-boot.ts';
import { nodeUserData } from '../../workloads/node-boot.ts';
import { routerUserData } from '../../workloads/router-boot.ts';
import type { Templates } from '../../workloads/templates.ts';
import { MACHINE_LABELS } from '../../workloads/topology.ts';
import { configureBackend } from '../backend.ts';
import { CloudTopology, REDIS_VARIABLES } from '../cloud-topology.ts';
import type { DocumentProps, ObservabilityProps, Platform, RouterProps } from '../platform.ts';
import { pinProviderVersion } from '../provider-version.ts';
import type { Toolkit } from '../toolkit.ts';
import { Access } from './access.ts';
import { DocumentBucket } from './document-bucket.ts';
import { EncryptionKey } from './encryption-key.ts';
import { Gateway } from './gateway.ts';
import { LogGroup } from './log-group.ts';
import { Monitoring } from './monitoring.ts';
import { Names } from './names.ts';
import { Network } from './network.ts';
import { Nodes } from './nodes.ts';
import { Place } from './place.ts';
import { Redis } from './redis.ts';
import { Router } from './router.ts';
import { ServiceEndpoints } from './service-endpoints.ts';

/** Amazon Web Services. It runs nodes, router machines with the egress, and gateway, and delivers the documents. */
export class AwsPlatform implements Platform {
  readonly topology: CloudTopology;
  readonly #environment: Environment;
  readonly #templates: Templates;
  readonly #place: Place;
  readonly #key: EncryptionKey;
  readonly #documents: DocumentBucket;
  readonly #network: Network;
  readonly #names: Names;
  readonly #access: Access;
  readonly #nodeLogs: LogGroup;
  #redis: Redis | undefined;

  constructor(stack: TerraformStack, environment: Environment, toolkit: Toolkit, templates: Templates) {
    const { aws, name, labels } = environment;
    if (aws === undefined) throw new Error(`environment ${name} has no section aws`);
    this.topology = new CloudTopology(
      environment,
      { kind: 'ec2', region: aws.region },
      (secret) => ({ env: secretVariable(secret) }),
      { address: { env: REDIS_VARIABLES.address }, tls: true },
    );
    this.#environment = environment;
    this.#templates = templates;
    this.#place = new Place(aws);
    configureBackend(stack, environment, toolkit);
    new AwsProvider(stack, 'aws', {
      region: aws.region,
      allowedAccountIds: [aws.account],
      defaultTags: [{ tags: { ...labels, [MACHINE_LABELS.environment]: name } }],
    });
    pinProviderVersion(stack, environment, 'aws');
    const bucket = documentsBucket(name, { ...aws, platform: 'aws' });
    const { nodesReachInternet, cidr } = aws.network;
    const shared = { environment: name, place: this.#place };
    this.#key = new EncryptionKey(stack, 'key', shared);
    this.#documents = new DocumentBucket(stack, 'documents', { name: bucket, place: this.#place });
    this.#network = new Network(stack, 'network', {
      ...shared,
      key: this.#key,
      cidr,
      zones: aws.zones,
      nodesReachInternet,
    });
    this.#names = new Names(stack, 'names', { environment: name, vpc: this.#network.vpc });
    this.#access = new Access(stack, 'access', { environment, vpc: this.#network.vpc });
    this.#nodeLogs = new LogGroup(stack, 'node-logs', {
      name: nodeLogGroup(name),
      place: this.#place,
      key: this.#key,
    });
    const endpoints = new ServiceEndpoints(stack, 'services', {
      ...shared,
      network: this.#network,
      buckets: [bucket, aws.weights.bucket].filter((one) => one !== undefined),
      nodesReachInternet,
    });
    for (const group of this.#access.machines) endpoints.serve(group);
    this.#access.router.reachInternet();
    this.#access.prometheus.reachInternet();
    if (nodesReachInternet) this.#access.nodes.reachInternet();
  }

  nodes(scope: Construct, release: Release): void {
    const { nodes } = release.document;
    if (nodes === undefined)
      throw new Error(`${release.model} ${release.name} is not a release of own nodes`);
    const environment = this.#environment;
    new Nodes(scope, release.name, {
      environment,
      release,
      place: this.#place,
      network: this.#network,
      access: this.#access,
      logs: this.#nodeLogs,
      userData: nodeUserData({
        environment,
        release,
        templates: this.#templates,
      }),
    });
  }

  simulatedEndpoint(_scope: Construct, endpoint: string): void {
    throw new Error(`endpoint ${endpoint}: platform aws does not simulate endpoints`);
  }

  egress(scope: Construct, { document }: DocumentProps): void {
    this.#documents.add(scope, 'egress', EGRESS_OBJECT, document);
  }

  /** A weight change updates `router_weights`, another release `router_servers` too; the machines are changed by neither. */
  router(scope: Construct, { weights, servers }: RouterProps): void {
    this.#documents.add(scope, 'router_weights', ROUTER_OBJECTS.document, weights);
    this.#documents.add(scope, 'router_servers', ROUTER_OBJECTS.servers, servers);
    new Router(scope, 'router', {
      environment: this.#environment,
      place: this.#place,
      network: this.#network,
      names: this.#names,
      access: this.#access,
      key: this.#key,
      userData: routerUserData({
        environment: this.#environment,
        topology: this.topology,
        templates: this.#templates,
      }),
    });
  }

  redis(scope: Construct): void {
    this.#redis = new Redis(scope, 'redis', {
      environment: this.#environment,
      place: this.#place,
      network: this.#network,
      access: this.#access,
      key: this.#key,
      documents: this.#documents,
    });
  }

  gateway(scope: Construct, { document }: DocumentProps): void {
    new Gateway(scope, 'gateway', {
      environment: this.#environment,
      topology: this.topology,
      place: this.#place,
      network: this.#network,
      access: this.#access,
      key: this.#key,
      document,
      redis: this.#redis,
      templates: this.#templates,
    });
  }

  observability(scope: Construct, props: ObservabilityProps): void {
    const documents = monitoringDocuments(props);
    for (const { id, key, document } of monitoringObjects(documents))
      this.#documents.add(scope, id, key, document);
    new Monitoring(scope, 'monitoring', {
      environment: this.#environment,
      place: this.#place,
      network: this.#network,
      names: this.#names,
      access: this.#access,
      key: this.#key,
      userData: monitoringUserData({
        environment: this.#environment,
        topology: this.topology,
        templates: this.#templates,
        documents,
      }),
    });
  }
}
