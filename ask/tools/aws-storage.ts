import { AWS_NAME, AWS_ZONE, ECR_REPOSITORY } from '../formats.ts';
import type { Tool } from '../tool.ts';
import { AWS_TAGS } from './common.ts';

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
