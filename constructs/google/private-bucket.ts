import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket/index.js';
import { Construct } from 'constructs';

export interface PrivateBucketProps {
  /** Globally unique. */
  readonly name: string;
  readonly location: string;
  /** Terraform refuses to destroy it. @default false */
  readonly held?: boolean;
  /** Objects that old are deleted. @default - they stay */
  readonly deleteAfterDays?: number;
}

/** A bucket that is private and versioned, with one access rule for all of its objects. */
export class PrivateBucket extends Construct {
  readonly resource: StorageBucket;

  constructor(
    scope: Construct,
    id: string,
    { name, location, held = false, deleteAfterDays }: PrivateBucketProps,
  ) {
    super(scope, id);
    this.resource = new StorageBucket(this, 'Resource', {
      name,
      location,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: 'enforced',
      versioning: { enabled: true },
      ...(deleteAfterDays === undefined
        ? {}
        : { lifecycleRule: [{ action: { type: 'Delete' }, condition: { age: deleteAfterDays } }] }),
      ...(held ? { lifecycle: { preventDestroy: true } } : {}),
    });
  }
}
