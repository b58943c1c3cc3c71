import { GoogleProvider } from '@cdktf/provider-google/lib/provider/index.js';
import type { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { documentsBucket, EGRESS_OBJECT } from '../../contracts/document-objects.ts';
import type { Environment } from '../../contracts/environment.ts';
import { machineLabel } from '../../contracts/machine-label.ts';
import { MEMORYSTORE_PORT } from '../../contracts/redis-rules.ts';
import type { Release } from '../../contracts/release.ts';
import { ROUTER_OBJECTS } from '../../contracts/router-agent-settings.ts';
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
import { CloudTopology, REDIS_VARIABLES, SECRETS_FOLDER } from '../cloud-topology.ts';
import type { DocumentProps, ObservabilityProps, Platform, RouterProps } from '../platform.ts';
import { pinProviderVersion } from '../provider-version.ts';
import type { Toolkit } from '../toolkit.ts';
import { Access } from './access.ts';
import { SECRET_FILE } from './cloud-run.ts';
import { DocumentBucket } from './document-bucket.ts';
import { Gateway } from './gateway.ts';
import { Monitoring } from './monitoring.ts';
import { Network } from './network.ts';
import { NodeGrants } from './node-grants.ts';
import { NodeHealthCheck } from './node-health-check.ts';
import { Nodes, type NodesProps } from './nodes.ts';
import { Redis } from './redis.ts';
import { Reviewer } from './reviewer.ts';
import { Router } from './router.ts';

/** Google Cloud. It runs nodes, router machines with the egress, and gateway, and delivers the documents. */
export class GooglePlatform implements Platform {
  readonly topology: CloudTopology;
  readonly #templates: Templates;
  readonly #documents: DocumentBucket;
  /** What the nodes of all releases have in common; the gateway takes its part of it. */
  readonly #nodes: Omit<NodesProps, 'release' | 'userData'>;
  #redis: Redis | undefined;
  #gateway: Gateway | undefined;

  constructor(stack: TerraformStack, environment: Environment, toolkit: Toolkit, templates: Templates) {
    const { google, name, labels } = environment;
    if (google === undefined) throw new Error(`environment ${name} has no section google`);
    this.topology = new CloudTopology(
      environment,
      { kind: 'gce', project: google.project, zones: google.zones },
      (secret) => ({ file: `${SECRETS_FOLDER}/${secret}/${SECRET_FILE}` }),
      {
        address: `redis.${name}.fleet.internal:${MEMORYSTORE_PORT}`,
        auth: 'google',
        tls: true,
        certificateAuthority: { env: REDIS_VARIABLES.authority },
        ownAuthority: true,
      },
    );
    this.#templates = templates;
    configureBackend(stack, environment, toolkit);
    new GoogleProvider(stack, 'google', {
      project: google.project,
      region: google.region,
      defaultLabels: { ...labels, [MACHINE_LABELS.environment]: machineLabel(name) },
    });
    pinProviderVersion(stack, environment, 'google');
    this.#documents = new DocumentBucket(stack, 'documents', {
      name: documentsBucket(name, { ...google, platform: 'google' }),
      location: google.region,
    });

    const { cidr, nodesReachInternet } = google.network;
    const place = { environment: name, ...google };
    const network = new Network(stack, 'network', {
      ...{ place, cidr, nodesReachInternet },
      reviewer: environment.reviewer !== undefined,
    });
    const access = new Access(stack, 'access', { place, network, nodesReachInternet, environment });
    this.#nodes = {
      environment,
      place,
      network,
      access,
      grants: new NodeGrants(stack, 'node-grants', { environment, identity: access.nodes }),
      healthCheck: new NodeHealthCheck(stack, 'node-health', { place }).resource,
    };
  }

  nodes(scope: Construct, release: Release): void {
    const { environment } = this.#nodes;
    const userData = nodeUserData({ environment, release, templates: this.#templates });
    new Nodes(scope, release.name, { ...this.#nodes, release, userData });
  }

  simulatedEndpoint(_scope: Construct, endpoint: string): void {
    throw new Error(`endpoint ${endpoint}: platform google does not simulate endpoints`);
  }

  egress(scope: Construct, { document }: DocumentProps): void {
    this.#documents.add(scope, 'egress', EGRESS_OBJECT, document);
  }

  /** A weight change updates `router_weights`, another release `router_servers` too; the machines are changed by neither. */
  router(scope: Construct, { weights, servers }: RouterProps): void {
    this.#documents.add(scope, 'router_weights', ROUTER_OBJECTS.document, weights);
    this.#documents.add(scope, 'router_servers', ROUTER_OBJECTS.servers, servers);
    const { environment } = this.#nodes;
    new Router(scope, 'router', {
      ...this.#nodes,
      documents: this.#documents,
      userData: routerUserData({ environment, topology: this.topology, templates: this.#templates }),
    });
  }

  redis(scope: Construct): void {
    this.#redis = new Redis(scope, 'redis', this.#nodes);
  }

  gateway(scope: Construct, { document }: DocumentProps): void {
    this.#gateway = new Gateway(scope, 'gateway', {
      ...this.#nodes,
      topology: this.topology,
      document,
      redis: this.#redis,
      templates: this.#templates,
    });
  }

  reviewer(scope: Construct): void {
    if (this.#gateway === undefined) throw new Error('the reviewer needs the gateway');
    new Reviewer(scope, 'reviewer', {
      ...{ ...this.#nodes, topology: this.topology, gateway: this.#gateway },
      templates: this.#templates,
    });
  }

  observability(scope: Construct, props: ObservabilityProps): void {
    const documents = monitoringDocuments(props);
    for (const { id, key, document } of monitoringObjects(documents))
      this.#documents.add(scope, id, key, document);
    const { environment } = this.#nodes;
    new Monitoring(scope, 'monitoring', {
      ...this.#nodes,
      documents: this.#documents,
      userData: monitoringUserData({
        environment,
        topology: this.topology,
        templates: this.#templates,
        documents,
      }),
    });
  }
}
