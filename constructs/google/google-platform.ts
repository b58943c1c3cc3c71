import { GoogleProvider } from '@cdktf/provider-google/lib/provider/index.js';
import type { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { machineLabel } from '../../contracts/machine-label.ts';
import type { Release } from '../../contracts/release.ts';
import { nodeUserData } from '../../workloads/node-boot.ts';
import type { Templates } from '../../workloads/templates.ts';
import { MACHINE_LABELS } from '../../workloads/topology.ts';
import { configureBackend } from '../backend.ts';
import { CloudTopology, SECRETS_FOLDER } from '../cloud-topology.ts';
import type { DocumentProps, Platform, PrometheusProps, RouterProps } from '../platform.ts';
import { pinProviderVersion } from '../provider-version.ts';
import type { Toolkit } from '../toolkit.ts';
import { Access } from './access.ts';
import { DocumentBucket } from './document-bucket.ts';
import { Gateway, SECRET_FILE } from './gateway.ts';
import { Network } from './network.ts';
import { NodeGrants } from './node-grants.ts';
import { NodeHealthCheck } from './node-health-check.ts';
import { Nodes, type NodesProps } from './nodes.ts';

/** Google Cloud. It runs nodes and gateway and delivers the documents; the router's machines are to come. */
export class GooglePlatform implements Platform {
  readonly topology: CloudTopology;
  readonly #templates: Templates;
  readonly #documents: DocumentBucket;
  /** What the nodes of all releases have in common; the gateway takes its part of it. */
  readonly #nodes: Omit<NodesProps, 'release' | 'userData'>;

  constructor(stack: TerraformStack, environment: Environment, toolkit: Toolkit, templates: Templates) {
    const { google, name, labels } = environment;
    if (google === undefined) throw new Error(`environment ${name} has no section google`);
    this.topology = new CloudTopology(
      environment,
      { kind: 'gce', project: google.project, zones: google.zones },
      (secret) => ({ file: `${SECRETS_FOLDER}/${secret}/${SECRET_FILE}` }),
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
      name: `${google.project}-${name}-fleet-documents`,
      location: google.region,
    });

    const { cidr, nodesReachInternet } = google.network;
    const place = { environment: name, ...google };
    const network = new Network(stack, 'network', { place, cidr, nodesReachInternet });
    const access = new Access(stack, 'access', { place, network, nodesReachInternet });
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
    this.#documents.add(scope, 'egress', 'egress/gateway.json', document);
  }

  router(scope: Construct, { weights }: RouterProps): void {
    this.#documents.add(scope, 'router_weights', 'router/nginx.conf', weights);
  }

  gateway(scope: Construct, { document }: DocumentProps): void {
    new Gateway(scope, 'gateway', { ...this.#nodes, topology: this.topology, document });
  }

  prometheus(scope: Construct, { document, rules }: PrometheusProps): void {
    this.#documents.add(scope, 'prometheus', 'prometheus/prometheus.yml', document);
    this.#documents.add(scope, 'prometheus_rules', 'prometheus/rules.yml', rules);
  }
}
