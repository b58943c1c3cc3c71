import { AWS_NAME, AWS_ZONE, ECR_REPOSITORY, S3_BUCKET } from '../formats.ts';
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

export const dynamodbTable: Tool = {
  name: 'create_dynamodb_table',
  provider: 'aws',
  description: 'A DynamoDB table that is paid by request, encrypted, with point-in-time recovery.',
  named: 'name',
  arguments: {
    name: {
      from: 'aws_dynamodb_table.name',
      required: true,
      format: {
        ...AWS_NAME,
        pattern: '^[A-Za-z0-9_.-]{3,255}$',
        words: '3 to 255 letters, digits and _ . -',
      },
      description: 'Name of the table.',
    },
    hash_key: {
      from: 'aws_dynamodb_table.hash_key',
      required: true,
      description: 'Attribute that is the partition key.',
    },
    hash_key_type: {
      from: 'aws_dynamodb_table.attribute.type',
      choices: ['S', 'N', 'B'],
      default: 'S',
      description: 'S text, N number, B bytes.',
      why: 'A text, the usual type of a key.',
    },
    range_key: { from: 'aws_dynamodb_table.range_key', description: 'Attribute that is the sort key.' },
    range_key_type: {
      from: 'aws_dynamodb_table.attribute.type',
      choices: ['S', 'N', 'B'],
      default: 'S',
      description: 'S text, N number, B bytes.',
      why: 'A text, the usual type of a key.',
    },
    tags: AWS_TAGS,
  },
  resources: [
    {
      type: 'aws_dynamodb_table',
      why: 'The table.',
      body: {
        name: { argument: 'name' },
        billing_mode: { fixed: 'PAY_PER_REQUEST', why: 'No capacity to guess, nothing to pay while idle.' },
        hash_key: { argument: 'hash_key' },
        range_key: { argument: 'range_key' },
        deletion_protection_enabled: { fixed: true, why: 'A destroy by mistake is refused.' },
        tags: { argument: 'tags' },
        attribute: [
          { block: { name: { argument: 'hash_key' }, type: { argument: 'hash_key_type' } } },
          {
            when: 'range_key',
            block: { name: { argument: 'range_key' }, type: { argument: 'range_key_type' } },
          },
        ],
        point_in_time_recovery: {
          block: { enabled: { fixed: true, why: 'Any second of the last 35 days can be got back.' } },
        },
        server_side_encryption: {
          block: { enabled: { fixed: true, why: 'With a key of this account, whose use is logged.' } },
        },
      },
    },
  ],
};

export const ebsVolume: Tool = {
  name: 'create_ebs_volume',
  provider: 'aws',
  description: 'An encrypted EBS volume (a disk without a machine).',
  named: 'name',
  arguments: {
    name: { type: 'string', required: true, format: AWS_NAME, description: 'Name of the volume.' },
    availability_zone: {
      from: 'aws_ebs_volume.availability_zone',
      required: true,
      format: AWS_ZONE,
      description: 'Zone that it is in.',
    },
    size: {
      from: 'aws_ebs_volume.size',
      required: true,
      least: 1,
      most: 16_384,
      description: 'Size in GiB.',
    },
    type: {
      from: 'aws_ebs_volume.type',
      choices: ['gp3', 'st1', 'sc1'],
      default: 'gp3',
      description: 'gp3 SSD; st1, sc1 hard disk.',
      why: 'SSD whose speed does not go by its size.',
    },
  },
  resources: [
    {
      type: 'aws_ebs_volume',
      why: 'The volume.',
      body: {
        availability_zone: { argument: 'availability_zone' },
        size: { argument: 'size' },
        type: { argument: 'type' },
        encrypted: { fixed: true, why: 'What AWS is not told to encrypt it does not encrypt.' },
        tags: { map: { Name: { argument: 'name' } } },
      },
    },
  ],
};

export const ecrRepository: Tool = {
  name: 'create_ecr_repository',
  provider: 'aws',
  description: 'An ECR repository for container images.',
  named: 'name',
  arguments: {
    name: {
      from: 'aws_ecr_repository.name',
      required: true,
      format: ECR_REPOSITORY,
      description: 'Name of the repository.',
    },
    tags: AWS_TAGS,
  },
  resources: [
    {
      type: 'aws_ecr_repository',
      why: 'The repository.',
      body: {
        name: { argument: 'name' },
        image_tag_mutability: { fixed: 'IMMUTABLE', why: 'A tag never comes to mean another image.' },
        tags: { argument: 'tags' },
        image_scanning_configuration: {
          block: { scan_on_push: { fixed: true, why: 'Known weaknesses are seen when an image comes in.' } },
        },
        encryption_configuration: { block: { encryption_type: { fixed: 'AES256' } } },
      },
    },
  ],
};
