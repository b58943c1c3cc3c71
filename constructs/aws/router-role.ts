import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { MACHINE_LABELS } from '../../workloads/topology.ts';
import { boundedName } from './bounded-name.ts';
import { pullImages } from './ecr.ts';
import type { LogGroup } from './log-group.ts';
import type { Place } from './place.ts';
import { policyDocument, type Statement, trustPolicy } from './policy.ts';
import { secretPattern } from './secret-access.ts';
import { sessions } from './sessions.ts';

export interface RouterRoleProps {
  readonly environment: Environment;
  readonly place: Place;
  readonly logs: LogGroup;
  /** Name of the bucket with the environment's documents. */
  readonly documents: string;
  /** Names of the secrets that router and egress read. */
  readonly secrets: readonly string[];
  readonly images: readonly (string | undefined)[];
}

const LONGEST_NAME = 64;

/** Who the routers are, and all that they may do: read their documents and secrets, and see which machines there are. */
export class RouterRole extends Construct {
  readonly profile: IamInstanceProfile;

  constructor(scope: Construct, id: string, props: RouterRoleProps) {
    super(scope, id);
    const { environment, place } = props;
    const name = boundedName(['fleet', environment.name, 'router', place.region], LONGEST_NAME);
    const role = new IamRole(this, 'Resource', {
      name,
      description: `Routers of fleet environment ${environment.name}`,
      assumeRolePolicy: trustPolicy(`ec2.${place.dnsSuffix}`),
    });
    new IamRolePolicy(this, 'policy', {
      role: role.id,
      name: 'router',
      policy: policyDocument(rights(props)),
    });
    this.profile = new IamInstanceProfile(this, 'profile', { name, role: role.name });
  }
}

function rights({ environment, place, logs, documents, secrets, images }: RouterRoleProps): Statement[] {
  const bucket = place.bucketArn(documents);
  return [
    sessions(),
    {
      Sid: 'ReadOwnDocuments',
      Action: 's3:GetObject',
      Resource: [`${bucket}/router/*`, `${bucket}/egress/*`],
    },
    {
      Sid: 'ReadOwnSecrets',
      Action: 'secretsmanager:GetSecretValue',
      Resource: secrets.map((name) => secretPattern(environment, name, place)),
    },
    // It knows no resources: who may ask sees all machines of the region.
    { Sid: 'FindNodes', Action: 'ec2:DescribeInstances', Resource: '*' },
    {
      Sid: 'WriteLogs',
      Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      Resource: `${logs.arn}:*`,
    },
    {
      Sid: 'JoinAndLeaveOwnGroup',
      Action: ['autoscaling:CompleteLifecycleAction', 'autoscaling:RecordLifecycleActionHeartbeat'],
      Resource: place.arn('autoscaling', 'autoScalingGroup:*:autoScalingGroupName/fleet-*'),
      Condition: {
        StringEquals: {
          [`autoscaling:ResourceTag/${MACHINE_LABELS.environment}`]: environment.name,
          [`autoscaling:ResourceTag/${MACHINE_LABELS.part}`]: 'router',
        },
      },
    },
    ...pullImages(images, place.partition),
  ];
}
