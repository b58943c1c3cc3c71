import { CloudTasksQueue } from '@cdktf/provider-google/lib/cloud-tasks-queue/index.js';
import { CloudTasksQueueIamMember } from '@cdktf/provider-google/lib/cloud-tasks-queue-iam-member/index.js';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { Identity } from './identity.ts';
import type { Place } from './place.ts';

export interface ReviewerQueueProps {
  readonly place: Place;
  /** Jobs that are worked on at a time. */
  readonly parallel: number;
  /** Who may add jobs. */
  readonly adder: Identity;
}

/** Where reviews wait. A review that fails is tried again, later and later, for a day. */
export class ReviewerQueue extends Construct {
  /** `projects/…/locations/…/queues/…` */
  readonly path: string;
  readonly grant: CloudTasksQueueIamMember;

  constructor(scope: Construct, id: string, { place, parallel, adder }: ReviewerQueueProps) {
    super(scope, id);
    const name = resourceName(place.environment, ['reviews']);
    this.path = `projects/${place.project}/locations/${place.region}/queues/${name}`;
    const queue = new CloudTasksQueue(this, 'Resource', {
      name,
      location: place.region,
      rateLimits: { maxConcurrentDispatches: parallel, maxDispatchesPerSecond: 5 },
      retryConfig: {
        maxAttempts: -1,
        maxRetryDuration: '86400s',
        minBackoff: '5s',
        maxBackoff: '600s',
        maxDoublings: 6,
      },
      stackdriverLoggingConfig: { samplingRatio: 1 },
    });
    this.grant = new CloudTasksQueueIamMember(this, 'adds', {
      project: place.project,
      location: place.region,
      name: queue.name,
      role: 'roles/cloudtasks.enqueuer',
      member: adder.resource.member,
    });
  }
}
