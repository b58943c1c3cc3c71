import { FlowLog } from '@cdktf/provider-aws/lib/flow-log/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import type { Vpc } from '@cdktf/provider-aws/lib/vpc/index.js';
import { Construct } from 'constructs';
import { boundedName } from '../../workloads/bounded-name.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { LogGroup } from './log-group.ts';
import type { Place } from './place.ts';
import { policyDocument, trustPolicy } from './policy.ts';

export interface FlowLogsProps {
  readonly environment: string;
  readonly place: Place;
  readonly key: EncryptionKey;
  readonly vpc: Vpc;
}

/** Who spoke with whom in the network, accepted or refused. */
export class FlowLogs extends Construct {
  constructor(scope: Construct, id: string, { environment, place, key, vpc }: FlowLogsProps) {
    super(scope, id);
    const group = new LogGroup(this, 'group', { name: `/fleet/${environment}/network`, place, key });
    const role = new IamRole(this, 'role', {
      name: boundedName(['fleet', environment, 'flow-logs', place.region], 64),
      assumeRolePolicy: trustPolicy('vpc-flow-logs.amazonaws.com', {
        StringEquals: { 'aws:SourceAccount': place.account },
      }),
    });
    const writes = new IamRolePolicy(this, 'writes', {
      role: role.id,
      name: 'write-flow-logs',
      policy: policyDocument([
        {
          Sid: 'Write',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents', 'logs:DescribeLogStreams'],
          Resource: `${group.arn}:*`,
        },
      ]),
    });
    new FlowLog(this, 'Resource', {
      vpcId: vpc.id,
      trafficType: 'ALL',
      logDestinationType: 'cloud-watch-logs',
      logDestination: group.resource.arn,
      iamRoleArn: role.arn,
      maxAggregationInterval: 600,
      tags: { Name: `fleet ${environment}` },
      dependsOn: [writes],
    });
  }
}
