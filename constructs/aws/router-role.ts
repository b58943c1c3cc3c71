import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { routerRole } from '../../workloads/aws-names.ts';
import { MACHINE_LABELS } from '../../workloads/topology.ts';
import { pullImages } from './ecr.ts';
import type { LogGroup } from './log-group.ts';
import type { Place } from './place.ts';
import { policyDocument, type Statement, trustPolicy } from './policy.ts';
import { sessions } from './sessions.ts';

export interface RouterRoleProps {
  readonly environment: Environment;
  readonly place: Place;
  readonly logs: LogGroup;
  /** ARNs of the roles that it takes for the programs on it. */
  readonly parts: readonly string[];
  readonly images: readonly (string | undefined)[];
}

/**
 * Who the router machines are: they pull images, write logs, join and leave their group, and take the roles of their
 * programs. They may read nothing themselves.
 */
export class RouterRole extends Construct {
  readonly profile: IamInstanceProfile;

  constructor(scope: Construct, id: string, props: RouterRoleProps) {
    super(scope, id);
    const { environment, place } = props;
    const name = routerRole(environment.name, place.region, 'router');
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

function rights({ environment, place, logs, parts, images }: RouterRoleProps): Statement[] {
  return [
    sessions(),
    { Sid: 'ActAsOwnPrograms', Action: 'sts:AssumeRole', Resource: parts },
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
