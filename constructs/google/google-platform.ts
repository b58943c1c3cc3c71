import { GoogleProvider } from '@cdktf/provider-google/lib/provider/index.js';
import type { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { configureBackend } from '../backend.ts';
import { CloudTopology } from '../cloud-topology.ts';
import type { DocumentProps, Platform, RouterProps } from '../platform.ts';
import { pinProviderVersion } from '../provider-version.ts';
import type { Toolkit } from '../toolkit.ts';
import { DocumentBucket } from './document-bucket.ts';

/** Google Cloud. So far it delivers the documents; nodes, router machines and the gateway are to come. */
export class GooglePlatform implements Platform {
  readonly topology: CloudTopology;
  readonly #documents: DocumentBucket;

  constructor(stack: TerraformStack, environment: Environment, toolkit: Toolkit) {
    const { google, name, labels } = environment;
    if (google === undefined) throw new Error(`environment ${name} has no section google`);
    this.topology = new CloudTopology(environment, {
      kind: 'gce',
      project: google.project,
      zones: google.zones,
    });
    configureBackend(stack, environment, toolkit);
    new GoogleProvider(stack, 'google', {
      project: google.project,
      region: google.region,
      defaultLabels: { ...labels, 'fleet-environment': name },
    });
    pinProviderVersion(stack, environment, 'google');
    this.#documents = new DocumentBucket(stack, 'documents', {
      name: `${google.project}-${name}-fleet-documents`,
      location: google.region,
    });
  }

  nodes(): void {}

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
    this.#documents.add(scope, 'gateway', 'gateway/gateway.json', document);
  }

  prometheus(scope: Construct, { document }: DocumentProps): void {
    this.#documents.add(scope, 'prometheus', 'prometheus/prometheus.yml', document);
  }
}
