import { S3Bucket } from '@cdktf/provider-aws/lib/s3-bucket/index.js';
import { S3BucketLifecycleConfiguration } from '@cdktf/provider-aws/lib/s3-bucket-lifecycle-configuration/index.js';
import { S3BucketPolicy } from '@cdktf/provider-aws/lib/s3-bucket-policy/index.js';
import { S3BucketPublicAccessBlock } from '@cdktf/provider-aws/lib/s3-bucket-public-access-block/index.js';
import { S3BucketServerSideEncryptionConfigurationA } from '@cdktf/provider-aws/lib/s3-bucket-server-side-encryption-configuration/index.js';
import { S3BucketVersioningA } from '@cdktf/provider-aws/lib/s3-bucket-versioning/index.js';
import { Construct } from 'constructs';
import type { Place } from './place.ts';
import { policyDocument } from './policy.ts';

export interface PrivateBucketProps {
  /** Globally unique. */
  readonly name: string;
  readonly place: Place;
  /** Terraform refuses to destroy it. @default false */
  readonly held?: boolean;
}

/** Old versions stay for rollbacks and for whoever asks what ran when. */
const KEPT_DAYS = 365;

/** A bucket that is private, encrypted and versioned, and answers over TLS alone. */
export class PrivateBucket extends Construct {
  readonly resource: S3Bucket;
  readonly name: string;
  protected readonly versioning: S3BucketVersioningA;

  constructor(scope: Construct, id: string, { name, place, held = false }: PrivateBucketProps) {
    super(scope, id);
    this.name = name;
    this.resource = new S3Bucket(this, 'Resource', {
      bucket: name,
      ...(held ? { lifecycle: { preventDestroy: true } } : {}),
    });
    this.versioning = new S3BucketVersioningA(this, 'versioning', {
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
      dependsOn: [this.versioning],
    });
  }
}
