import { S3_BUCKET } from '../formats.ts';
import type { Tool } from '../tool.ts';
import { AWS_TAGS } from './common.ts';

export const s3Bucket: Tool = {
  name: 'create_s3_bucket',
  provider: 'aws',
  description: 'An S3 bucket: private, encrypted, versioned, reached over TLS alone.',
  named: 'bucket',
  arguments: {
    bucket: {
      from: 'aws_s3_bucket.bucket',
      required: true,
      format: S3_BUCKET,
      description: 'Name of the bucket, exactly as the request has it if it may be used.',
    },
    versioning: {
      type: 'bool',
      default: true,
      description: 'Keep old versions of objects.',
      why: 'An object that is overwritten or deleted can be got back.',
    },
    force_destroy: {
      from: 'aws_s3_bucket.force_destroy',
      default: false,
      description: 'Whether a destroy takes the objects too.',
      why: 'A destroy of a bucket that has objects fails.',
    },
    expire_after_days: {
      from: 'aws_s3_bucket_lifecycle_configuration.rule.expiration.days',
      least: 1,
      most: 36_500,
      description: 'Delete objects after so many days.',
    },
    old_versions_after_days: {
      from: 'aws_s3_bucket_lifecycle_configuration.rule.noncurrent_version_expiration.noncurrent_days',
      least: 1,
      most: 36_500,
      default: 90,
      description: 'Delete old versions after so many days.',
      why: 'Old versions are paid for.',
    },
    tags: AWS_TAGS,
  },
  resources: [
    {
      type: 'aws_s3_bucket',
      why: 'The bucket itself.',
      body: {
        bucket: { argument: 'bucket' },
        force_destroy: { argument: 'force_destroy' },
        tags: { argument: 'tags' },
      },
    },
    {
      type: 'aws_s3_bucket_public_access_block',
      why: 'No policy or access list of later days can make its objects public.',
      body: {
        bucket: { of: 'aws_s3_bucket', attribute: 'id' },
        block_public_acls: { fixed: true, why: 'New access lists that are public are refused.' },
        block_public_policy: { fixed: true, why: 'A policy that is public is refused.' },
        ignore_public_acls: { fixed: true, why: 'Access lists that are public count for nothing.' },
        restrict_public_buckets: { fixed: true, why: 'A public policy lets only this account in.' },
      },
    },
    {
      type: 'aws_s3_bucket_ownership_controls',
      why: 'Access goes by policies alone: access lists are off.',
      body: {
        bucket: { of: 'aws_s3_bucket', attribute: 'id' },
        rule: {
          block: {
            object_ownership: { fixed: 'BucketOwnerEnforced', why: 'This account owns every object.' },
          },
        },
      },
    },
    {
      type: 'aws_s3_bucket_server_side_encryption_configuration',
      why: 'Says that objects are encrypted, so that a plan shows when it changes.',
      body: {
        bucket: { of: 'aws_s3_bucket', attribute: 'id' },
        rule: {
          block: {
            apply_server_side_encryption_by_default: {
              block: {
                sse_algorithm: { fixed: 'AES256', why: "S3's own keys: no extra cost, no key to lose." },
              },
            },
          },
        },
      },
    },
    {
      type: 'aws_s3_bucket_versioning',
      why: 'An object that is overwritten or deleted can be got back.',
      when: 'versioning',
      body: {
        bucket: { of: 'aws_s3_bucket', attribute: 'id' },
        versioning_configuration: { block: { status: { fixed: 'Enabled' } } },
      },
    },
    {
      type: 'aws_s3_bucket_lifecycle_configuration',
      why: 'Takes away what nobody will ask for again.',
      body: {
        bucket: { of: 'aws_s3_bucket', attribute: 'id' },
        rule: {
          block: {
            id: { fixed: 'clean-up' },
            status: { fixed: 'Enabled' },
            filter: { block: {}, why: 'All objects.' },
            expiration: { when: 'expire_after_days', block: { days: { argument: 'expire_after_days' } } },
            noncurrent_version_expiration: {
              when: 'versioning',
              block: { noncurrent_days: { argument: 'old_versions_after_days' } },
            },
            abort_incomplete_multipart_upload: {
              block: {
                days_after_initiation: {
                  fixed: 7,
                  why: 'Uploads that were broken off are invisible and paid for.',
                },
              },
            },
          },
        },
      },
    },
    {
      type: 'aws_s3_bucket_policy',
      why: 'Refuses requests without TLS.',
      body: {
        bucket: { of: 'aws_s3_bucket', attribute: 'id' },
        policy: {
          json: {
            map: {
              Version: { fixed: '2012-10-17' },
              Statement: {
                list: [
                  {
                    map: {
                      Sid: { fixed: 'DenyWithoutTls' },
                      Effect: { fixed: 'Deny' },
                      Principal: { fixed: '*' },
                      Action: { fixed: 's3:*' },
                      Resource: {
                        list: [
                          { of: 'aws_s3_bucket', attribute: 'arn' },
                          { template: [{ of: 'aws_s3_bucket', attribute: 'arn' }, { fixed: '/*' }] },
                        ],
                      },
                      Condition: { map: { Bool: { map: { 'aws:SecureTransport': { fixed: 'false' } } } } },
                    },
                  },
                ],
              },
            },
          },
        },
      },
    },
  ],
};
