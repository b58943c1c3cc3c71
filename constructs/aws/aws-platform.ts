import { AwsProvider } from '@cdktf/provider-aws/lib/provider/index.js';
import type { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { configureBackend } from '../backend.ts';
import { CloudTopology } from '../cloud-topology.ts';
import type { DocumentProps, Platform, RouterProps } from '../platform.ts';
import { pinProviderVersion } from '../provider-version.ts';
import type { Toolkit } from '../toolkit.ts';
import { DocumentBucket } from './document-bucket.ts';

/** Amazon Web Services. So far it delivers the documents; nodes, router machines and the gateway are to come. */
export class AwsPlatform implements Platform {
  readonly topology: CloudTopology;
  readonly #documents: DocumentBucket;

  constructor(stack: TerraformStack, environment: Environment, toolkit: Toolkit) {
    const { aws, name, labels } = environment;
    if (aws === undefined) throw new Error(`environment ${name} has no section aws`);
    this.topology = new CloudTopology(environment, { kind: 'ec2', region: aws.region });
    configureBackend(stack, environment, toolkit);
    new AwsProvider(stack, 'aws', {
      region: aws.region,
      allowedAccountIds: [aws.account],
      defaultTags: [{ tags: { ...labels, 'fleet-environment': name } }],
    });
    pinProviderVersion(stack, environment, 'aws');
    this.#documents = new DocumentBucket(stack, 'documents', {
      name: `${aws.account}-${name}-fleet-documents`,
    });
  }

  nodes(): void {}

  simulatedEndpoint(_scope: Construct, endpoint: string): void {
    throw new Error(`endpoint ${endpoint}: platform aws does not simulate endpoints`);
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
