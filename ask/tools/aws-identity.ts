import { ARN, AWS_NAME, AWS_REGION, IAM_ACTION, LOG_GROUP, SECRET_PATH } from '../formats.ts';
import type { Tool } from '../tool.ts';
import { AWS_TAGS } from './common.ts';

/** Attributes by which a policy names what it is about. */
const WITH_ARN = [
  'aws_s3_bucket',
  'aws_dynamodb_table',
  'aws_sqs_queue',
  'aws_secretsmanager_secret',
  'aws_kms_key',
  'aws_ecr_repository',
  'aws_cloudwatch_log_group',
].map((type) => ({ type, attribute: 'arn' }));

export const iamRole: Tool = {
  name: 'create_iam_role',
  provider: 'aws',
  description:
    'An IAM role that a service of AWS takes, with what it may do. For EC2 it comes with its instance profile.',
  named: 'name',
  arguments: {
    name: { from: 'aws_iam_role.name', required: true, format: AWS_NAME, description: 'Name of the role.' },
    service: {
      type: 'string',
      required: true,
      choices: ['ec2.amazonaws.com', 'ecs-tasks.amazonaws.com', 'lambda.amazonaws.com'],
      description: 'Who takes it: machines, containers or functions.',
    },
    statements: {
      type: 'items',
      most: 20,
      description: 'What it may do; leave out for nothing.',
      items: {
        actions: {
          type: 'strings',
          required: true,
          format: IAM_ACTION,
          description: 'Actions, as few as will do; no * alone.',
        },
        resources: {
          type: 'strings',
          required: true,
          refersTo: { to: WITH_ARN, existing: ARN, contents: true },
          description: 'What they are allowed on. NAME/* means the objects in a bucket.',
        },
      },
    },
    tags: AWS_TAGS,
  },
  resources: [
    {
      type: 'aws_iam_role',
      why: 'The role: programs get short-lived keys by themselves, and no key is stored.',
      body: {
        name: { argument: 'name' },
        assume_role_policy: {
          json: {
            map: {
              Version: { fixed: '2012-10-17' },
              Statement: {
                list: [
                  {
                    map: {
                      Effect: { fixed: 'Allow' },
                      Principal: { map: { Service: { argument: 'service' } } },
                      Action: { fixed: 'sts:AssumeRole' },
                    },
                  },
                ],
              },
            },
          },
          why: 'One service may take it, and nobody else.',
        },
        tags: { argument: 'tags' },
      },
    },
    {
      type: 'aws_iam_role_policy',
      why: 'What the role may do, and no more.',
      when: 'statements',
      body: {
        name: { argument: 'name' },
        role: { of: 'aws_iam_role', attribute: 'id' },
        policy: {
          json: {
            map: {
              Version: { fixed: '2012-10-17' },
              Statement: {
                each: 'statements',
                value: {
                  map: {
                    Effect: { fixed: 'Allow' },
                    Action: { item: 'actions' },
                    Resource: { item: 'resources' },
                  },
                },
              },
            },
          },
        },
      },
    },
    {
      type: 'aws_iam_instance_profile',
      why: 'The form in which a machine gets a role.',
      when: 'service=ec2.amazonaws.com',
      body: { name: { argument: 'name' }, role: { of: 'aws_iam_role', attribute: 'name' } },
    },
  ],
};

export const kmsKey: Tool = {
  name: 'create_kms_key',
  provider: 'aws',
  description: 'A symmetric KMS key with yearly rotation, and an alias.',
  named: 'alias',
  arguments: {
    alias: { type: 'string', required: true, format: AWS_NAME, description: 'Its alias, without alias/.' },
    description: { from: 'aws_kms_key.description', description: 'What it is for.' },
  },
  resources: [
    {
      type: 'aws_kms_key',
      why: 'The key.',
      body: {
        description: { argument: 'description' },
        enable_key_rotation: { fixed: true, why: 'New material every year, old data stays readable.' },
        deletion_window_in_days: {
          fixed: 30,
          why: 'What a lost key encrypted is lost: the longest time to think again.',
        },
      },
    },
    {
      type: 'aws_kms_alias',
      why: 'The name that people and programs use.',
      body: {
        name: { template: [{ fixed: 'alias/' }, { argument: 'alias' }] },
        target_key_id: { of: 'aws_kms_key', attribute: 'key_id' },
      },
    },
  ],
};

export const awsSecret: Tool = {
  name: 'create_secretsmanager_secret',
  provider: 'aws',
  description:
    'A place for a secret in AWS Secrets Manager. Its value is never given here: it is set afterwards.',
  named: 'name',
  arguments: {
    name: {
      from: 'aws_secretsmanager_secret.name',
      required: true,
      format: SECRET_PATH,
      description: 'Name of the secret, never its value.',
    },
    description: {
      from: 'aws_secretsmanager_secret.description',
      description: 'What it is for, never its value.',
    },
    tags: AWS_TAGS,
  },
  resources: [
    {
      type: 'aws_secretsmanager_secret',
      why: 'The place alone: a value that went through Terraform would stand in its state. Set it with `aws secretsmanager put-secret-value`.',
      body: {
        name: { argument: 'name' },
        description: { argument: 'description' },
        recovery_window_in_days: { fixed: 30, why: 'A deleted secret can be got back for a month.' },
        tags: { argument: 'tags' },
      },
    },
  ],
};

export const logGroup: Tool = {
  name: 'create_log_group',
  provider: 'aws',
  description: 'A CloudWatch log group with an end to how long logs are kept.',
  named: 'name',
  arguments: {
    name: {
      from: 'aws_cloudwatch_log_group.name',
      required: true,
      format: LOG_GROUP,
      description: 'Name of the log group.',
    },
    retention_in_days: {
      from: 'aws_cloudwatch_log_group.retention_in_days',
      choices: [
        1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288,
        3653,
      ],
      default: 30,
      description: 'Days that logs are kept: the next allowed number above the request.',
      why: 'Without it logs are kept, and paid for, for ever.',
    },
    tags: AWS_TAGS,
  },
  resources: [
    {
      type: 'aws_cloudwatch_log_group',
      why: 'The log group.',
      body: {
        name: { argument: 'name' },
        retention_in_days: { argument: 'retention_in_days' },
        tags: { argument: 'tags' },
      },
    },
  ],
};

export const sqsQueue: Tool = {
  name: 'create_sqs_queue',
  provider: 'aws',
  description: 'An encrypted SQS queue; messages that fail too often go to a second queue.',
  named: 'name',
  arguments: {
    name: {
      from: 'aws_sqs_queue.name',
      required: true,
      format: {
        ...AWS_NAME,
        pattern: '^[A-Za-z0-9_-]{1,76}$',
        words: '1 to 76 letters, digits, hyphens and underscores',
      },
      description: 'Name of the queue.',
    },
    visibility_timeout_seconds: {
      from: 'aws_sqs_queue.visibility_timeout_seconds',
      least: 0,
      most: 43_200,
      default: 30,
      description: 'Seconds that a message is hidden while somebody works on it.',
      why: "AWS's own value, written down.",
    },
    attempts: {
      type: 'number',
      least: 1,
      most: 1000,
      default: 5,
      description: 'How often a message is tried.',
      why: 'A message that always fails must not be tried for ever.',
    },
  },
  resources: [
    {
      type: 'aws_sqs_queue',
      why: 'The queue.',
      body: {
        name: { argument: 'name' },
        visibility_timeout_seconds: { argument: 'visibility_timeout_seconds' },
        sqs_managed_sse_enabled: { fixed: true, why: 'Messages are encrypted where they are kept.' },
        redrive_policy: {
          json: {
            map: {
              deadLetterTargetArn: { of: 'aws_sqs_queue#failed', attribute: 'arn' },
              maxReceiveCount: { argument: 'attempts' },
            },
          },
        },
      },
    },
    {
      type: 'aws_sqs_queue',
      as: 'failed',
      why: 'Where messages go that fail too often.',
      body: {
        name: { template: [{ argument: 'name' }, { fixed: '-dlq' }] },
        message_retention_seconds: {
          fixed: 1_209_600,
          why: 'Two weeks, the longest there is, to look at them.',
        },
        sqs_managed_sse_enabled: { fixed: true, why: 'Messages are encrypted where they are kept.' },
      },
    },
  ],
};

export const awsSettings: Tool = {
  name: 'use_aws_region',
  provider: 'aws',
  description:
    'The region of AWS that everything of AWS is in. Call it if and only if the request names a region or its place.',
  arguments: {
    region: { from: 'provider.region', required: true, format: AWS_REGION, description: 'The region.' },
  },
  resources: [],
  settings: { why: 'The request names the region.', body: { region: { argument: 'region' } } },
};
