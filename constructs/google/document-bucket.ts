import { createHash } from 'node:crypto';
import { StorageBucket } from '@cdktf/provider-google/lib/storage-bucket/index.js';
import { StorageBucketObject } from '@cdktf/provider-google/lib/storage-bucket-object/index.js';
import { Construct } from 'constructs';
import type { Document } from '../../workloads/document.ts';
import { StackFiles } from '../stack-files.ts';

export interface DocumentBucketProps {
  /** Globally unique. */
  readonly name: string;
  readonly location: string;
}

/** The bucket that carries an environment's documents to its machines: private, versioned, one access rule for all objects. */
export class DocumentBucket extends Construct {
  readonly resource: StorageBucket;
  readonly #name: string;

  constructor(scope: Construct, id: string, { name, location }: DocumentBucketProps) {
    super(scope, id);
    this.#name = name;
    this.resource = new StorageBucket(this, 'Resource', {
      name,
      location,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: 'enforced',
      versioning: { enabled: true },
    });
  }

  /** How IAM names an object. */
  objectName(key: string): string {
    return `projects/_/buckets/${this.#name}/objects/${key}`;
  }

  /** One object. A changed document is an update of this object in place; the bucket keeps the old version. */
  add(scope: Construct, id: string, key: string, { text }: Document): StorageBucketObject {
    return new StorageBucketObject(scope, id, {
      bucket: this.resource.name,
      name: key,
      source: StackFiles.of(this).add(key, text),
      sourceMd5Hash: createHash('md5').update(text).digest('hex'),
    });
  }
}
