import { CloudRunV2ServiceIamMember } from '@cdktf/provider-google/lib/cloud-run-v2-service-iam-member/index.js';
import { ServiceAccountIamMember } from '@cdktf/provider-google/lib/service-account-iam-member/index.js';
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { identityEmail } from '../../workloads/google-names.ts';
import type { Templates } from '../../workloads/templates.ts';
import type { CloudTopology } from '../cloud-topology.ts';
import type { Access } from './access.ts';
import { AccessRule } from './access-rule.ts';
import type { Gateway } from './gateway.ts';
import { Identity } from './identity.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';
import { PrivateBucket } from './private-bucket.ts';
import { ReviewerQueue } from './reviewer-queue.ts';
import { ReviewerService, type ReviewerServiceProps } from './reviewer-service.ts';

export interface ReviewerProps {
  readonly environment: Environment;
  readonly topology: CloudTopology;
  readonly place: Place;
  readonly network: Network;
  readonly access: Access;
  readonly gateway: Gateway;
  readonly templates: Templates;
}

const RECEIVER = 'reviewer-hooks';
/** GitHub waits 10 s, and an instance that has to be started first can take a minute. */
const RECEIVERS = { least: 1, most: 4, concurrency: 80, timeoutSeconds: 30 } as const;
const MOST_WORKERS = 4;
/** A review of the same commit after that would be done again. */
const KEPT_DAYS = 90;

/**
 * The reviewer of pull requests. What the internet reaches knows the webhook's secret and may put jobs into the queue, no
 * more; what reviews is called by the queue alone, from inside, and has the keys of GitHub and of the gateway.
 */
export class Reviewer extends Construct {
  constructor(scope: Construct, id: string, props: ReviewerProps) {
    super(scope, id);
    const { environment, place, network, access, gateway } = props;
    const { reviewer } = environment;
    if (reviewer === undefined || network.reviewer === undefined)
      throw new Error(`environment ${environment.name} has no reviewer`);
    const hooks = new Identity(this, RECEIVER, { place, description: 'Takes webhooks of GitHub' });
    const work = new Identity(this, 'reviewer', { place, description: 'Reviews pull requests' });
    const name = `${place.project}-${environment.name}-fleet-reviews`;
    const bucket = new PrivateBucket(this, 'reviews', {
      name,
      location: place.region,
      deleteAfterDays: KEPT_DAYS,
    });
    const parallel = reviewer.parallel * MOST_WORKERS;
    const queue = new ReviewerQueue(this, 'queue', { place, parallel, adder: hooks });
    const shared = {
      queue: {
        kind: 'tasks',
        name: queue.path,
        caller: identityEmail(place.environment, place.project, RECEIVER),
      },
      store: { bucket: name },
    } as const;
    const service = (part: string, own: Omit<ReviewerServiceProps, keyof ReviewerProps | 'subnet'>) =>
      new ReviewerService(this, part, { ...props, ...own, subnet: network.reviewer ?? network.gateway });

    const remembers = new StorageBucketIamMember(this, 'remembers', {
      bucket: bucket.resource.name,
      role: 'roles/storage.objectUser',
      member: work.resource.member,
    });
    const worker = service('worker', {
      name: `${reviewer.service}-worker`,
      identity: work,
      reviews: { ...shared, does: ['work'] },
      arguments: ['--gateway', `${gateway.service.uri}/v1`],
      calledBy: 'queue',
      instances: { least: 0, most: MOST_WORKERS, concurrency: reviewer.parallel, timeoutSeconds: 1800 },
      after: [remembers],
    });
    const calls = new CloudRunV2ServiceIamMember(this, 'calls', {
      project: place.project,
      location: place.region,
      name: worker.resource.name,
      role: 'roles/run.invoker',
      member: hooks.resource.member,
    });
    // Who adds a task says as whom it is carried out, and has to be allowed to: here as itself.
    const asItself = new ServiceAccountIamMember(this, 'as-itself', {
      serviceAccountId: `projects/${place.project}/serviceAccounts/${shared.queue.caller}`,
      role: 'roles/iam.serviceAccountUser',
      member: hooks.resource.member,
    });
    service('hooks', {
      name: reviewer.service,
      identity: hooks,
      reviews: { ...shared, does: ['receive'] },
      arguments: ['--worker', worker.resource.uri],
      calledBy: 'internet',
      instances: RECEIVERS,
      after: [calls, asItself, queue.grant],
    });
    new AccessRule(this, 'metrics', {
      place,
      network,
      name: ['reviewer', 'metrics'],
      description: 'The reviewer sends its metrics',
      allow: [String(environment.prometheus.port)],
      between: {
        direction: 'INGRESS',
        sourceRanges: [network.reviewer.cidr],
        targetServiceAccounts: [access.prometheus.resource.email],
      },
    });
  }
}
