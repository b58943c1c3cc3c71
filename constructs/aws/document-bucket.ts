import { S3Object } from '@cdktf/provider-aws/lib/s3-object/index.js';
import type { Construct } from 'constructs';
import type { Document } from '../../workloads/document.ts';
import { sha256 } from '../../workloads/document.ts';
import { StackFiles } from '../stack-files.ts';
import { PrivateBucket } from './private-bucket.ts';

/** The bucket that carries an environment's documents to its machines. */
export class DocumentBucket extends PrivateBucket {
  /** One object. A changed document is an update of this object in place; the bucket keeps the old version. */
  add(scope: Construct, id: string, key: string, { text }: Document): S3Object {
    return new S3Object(scope, id, {
      bucket: this.resource.id,
      key,
      source: StackFiles.of(this).add(key, text),
      sourceHash: sha256(text),
      dependsOn: [this.versioning],
    });
  }

  /** One object with a text that only a deploy finds out. */
  addFound(scope: Construct, id: string, key: string, content: string): S3Object {
    return new S3Object(scope, id, {
      bucket: this.resource.id,
      key,
      content,
      dependsOn: [this.versioning],
    });
  }
}
