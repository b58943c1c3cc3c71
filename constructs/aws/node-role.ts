import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import type { Release } from '../../contracts/release.ts';
import { METRIC_NAMESPACE } from '../../workloads/aws-names.ts';
import { boundedName } from '../../workloads/bounded-name.ts';
import { MACHINE_LABELS } from '../../workloads/topology.ts';
import { pullImages } from './ecr.ts';
import type { LogGroup } from './log-group.ts';
import type { Place } from './place.ts';
import { policyDocument, type Statement, trustPolicy } from './policy.ts';
import { secretPattern } from './secret-access.ts';
import { sessions } from './sessions.ts';

export interface NodeRoleProps {
  readonly environment: Environment;
  readonly release: Release;
  readonly place: Place;
  readonly logs: LogGroup;
  /** Container images that the node pulls; absent ones are public. */
  readonly images: readonly (string | undefined)[];
}

/** Names of roles and profiles. */
const LONGEST_NAME = 64;

/** Who the nodes of one release are, and all that they may do. */
export class NodeRole extends Construct {
  readonly profile: IamInstanceProfile;

  constructor(scope: Construct, id: string, props: NodeRoleProps) {
    super(scope, id);
    const { environment, release, place } = props;
    const name = boundedName(
      ['fleet', environment.name, release.model, release.name, place.region],
      LONGEST_NAME,
    );
    const role = new IamRole(this, 'Resource', {
      name,
      description: `Nodes of ${release.model} ${release.name} in fleet environment ${environment.name}`,
      assumeRolePolicy: trustPolicy(`ec2.${place.dnsSuffix}`),
    });
    new IamRolePolicy(this, 'policy', { role: role.id, name: 'node', policy: policyDocument(rights(props)) });
    this.profile = new IamInstanceProfile(this, 'profile', { name, role: role.name });
  }
}

function rights({ environment, release, place, logs, images }: NodeRoleProps): Statement[] {
  const { bucket, hubToken } = environment.aws?.weights ?? {};
  return [
    sessions(),
    {
      Sid: 'WriteLogs',
      Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      Resource: `${logs.arn}:*`,
    },
    {
      Sid: 'WriteMetrics',
      Action: 'cloudwatch:PutMetricData',
      Resource: '*',
      Condition: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } },
    },
    {
      Sid: 'EndOwnDrainAndReportOwnHealth',
      Action: [
        'autoscaling:CompleteLifecycleAction',
        'autoscaling:RecordLifecycleActionHeartbeat',
        'autoscaling:SetInstanceHealth',
      ],
      Resource: place.arn('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/fleet-*'),
      Condition: { StringEquals: ofRelease(environment, release) },
    },
    ...(bucket === undefined ? [] : readBucket(place.bucketArn(bucket))),
    ...(hubToken === undefined ? [] : readSecret(environment, hubToken, place)),
    ...pullImages(images, place.partition),
  ];
}

function ofRelease(environment: Environment, { model, name }: Release): Record<string, string> {
  const tag = (key: string) => `autoscaling:ResourceTag/${key}`;
  return {
    [tag(MACHINE_LABELS.environment)]: environment.name,
    [tag(MACHINE_LABELS.model)]: model,
    [tag(MACHINE_LABELS.release)]: name,
  };
}

function readBucket(bucket: string): Statement[] {
  return [
    { Sid: 'ListWeights', Action: ['s3:ListBucket', 's3:GetBucketLocation'], Resource: bucket },
    { Sid: 'ReadWeights', Action: 's3:GetObject', Resource: `${bucket}/*` },
  ];
}

function readSecret(environment: Environment, name: string, place: Place): Statement[] {
  return [
    {
      Sid: 'ReadHubToken',
      Action: 'secretsmanager:GetSecretValue',
      Resource: secretPattern(environment, name, place),
    },
  ];
}
