import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket/index.js';
import { S3BucketLifecycleConfiguration } from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy/index.js';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js';
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning/index.js';
import { S3Object } from '@cdktf/provider-aws/lib/s3-object/index.js';
import { Construct } from 'constructs';
import type { Document } from '../../workloads/document.ts';
import { sha256 } from '../../workloads/document.ts';
import { StackFiles } from '../stack-files.ts';
import type { Place } from './place.ts';
import { policyDocument } from './policy.ts';

export interface DocumentBucketProps {
  /** Globally unique. */
  readonly name: string;
  readonly place: Place;
}

/** Old versions of documents stay for rollbacks and for whoever asks what ran when. */
const KEPT_DAYS = 365;

/** The bucket that carries an environment's documents to its machines: private, encrypted, versioned. */
export class DocumentBucket extends Construct {
  readonly resource: S3Bucket;
  readonly #versioning: S3BucketVersioningA;

  constructor(scope: Construct, id: string, { name, place }: DocumentBucketProps) {
    super(scope, id);
    this.resource = new S3Bucket(this, 'Resource', { bucket: name });
    this.#versioning = new S3BucketVersioningA(this, 'versioning', {
      bucket: this.resource.id,
      versioningConfiguration: { status: 'Enabled' },
    });
    new S3BucketServerSideEncryptionConfigurationA(this, 'encryption', {
      bucket: this.resource.id,
      rule: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: 'aws:kms' }, bucketKeyEnabled: true }],
    });
    const closed = new S3BucketPublicAccessBlock(this, 'public-access', {
      bucket: this.resource.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    const arn = place.bucketArn(name);
    new S3BucketPolicy(this, 'policy', {
      bucket: this.resource.id,
      policy: policyDocument([
        {
          Sid: 'OnlyEncryptedConnections',
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [arn, `${arn}/*`],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ]),
      dependsOn: [closed],
    });
    new S3BucketLifecycleConfiguration(this, 'lifecycle', {
      bucket: this.resource.id,
      rule: [
        {
          id: 'old-versions',
          status: 'Enabled',
          filter: [{}],
          noncurrentVersionExpiration: [{ noncurrentDays: KEPT_DAYS }],
          abortIncompleteMultipartUpload: [{ daysAfterInitiation: 7 }],
        },
      ],
      dependsOn: [this.#versioning],
    });
  }

  /** One object. A changed document is an update of this object in place; the bucket keeps the old version. */
  add(scope: Construct, id: string, key: string, { text }: Document): S3Object {
    return new S3Object(scope, id, {
      bucket: this.resource.id,
      key,
      source: StackFiles.of(this).add(key, text),
      sourceHash: sha256(text),
      dependsOn: [this.#versioning],
    });
  }
}
