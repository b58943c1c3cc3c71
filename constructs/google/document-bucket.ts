import { createHash } from 'node:crypto';
import { StorageBucketObject } from '@cdktf/provider-google/lib/storage-bucket-object/index.js';
import type { Construct } from 'constructs';
import type { Document } from '../../workloads/document.ts';
import { StackFiles } from '../stack-files.ts';
import { PrivateBucket, type PrivateBucketProps } from './private-bucket.ts';

/** The bucket that carries an environment's documents to its machines. */
export class DocumentBucket extends PrivateBucket {
  readonly #name: string;

  constructor(scope: Construct, id: string, props: PrivateBucketProps) {
    super(scope, id, props);
    this.#name = props.name;
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
