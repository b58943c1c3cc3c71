import { IamInstanceProfile } from '@cdktf/provider-aws/lib/iam-instance-profile/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { observabilitySecrets } from '../../contracts/observability-rules.ts';
import { boundedName } from '../../workloads/bounded-name.ts';
import { pullImages } from './ecr.ts';
import type { LogGroup } from './log-group.ts';
import type { Place } from './place.ts';
import { policyDocument, type Statement, trustPolicy } from './policy.ts';
import { secretPattern } from './secret-access.ts';
import { sessions } from './sessions.ts';

export interface MonitoringRoleProps {
  readonly environment: Environment;
  readonly place: Place;
  readonly logs: LogGroup;
  /** Name of the bucket with the environment's documents. */
  readonly documents: string;
}

const LONGEST_NAME = 64;

/** Who the monitoring machine is, and all that it may do: read its documents and secrets, see machines, write where metrics go. */
export class MonitoringRole extends Construct {
  readonly profile: IamInstanceProfile;

  constructor(scope: Construct, id: string, props: MonitoringRoleProps) {
    super(scope, id);
    const { environment, place } = props;
    const name = boundedName(['fleet', environment.name, 'monitoring', place.region], LONGEST_NAME);
    const role = new IamRole(this, 'Resource', {
      name,
      description: `Monitoring of fleet environment ${environment.name}`,
      assumeRolePolicy: trustPolicy(`ec2.${place.dnsSuffix}`),
    });
    new IamRolePolicy(this, 'policy', {
      role: role.id,
      name: 'monitoring',
      policy: policyDocument(rights(props)),
    });
    this.profile = new IamInstanceProfile(this, 'profile', { name, role: role.name });
  }
}

function rights({ environment, place, logs, documents }: MonitoringRoleProps): Statement[] {
  const { images, prometheus } = environment;
  const bucket = place.bucketArn(documents);
  const secrets = [...new Set(Object.values(observabilitySecrets(environment)).flat())];
  const signed = prometheus.remoteWrite.flatMap(({ sigv4 }) => sigv4 ?? []);
  const roles = signed.flatMap(({ role }) => role ?? []);
  return [
    sessions(),
    {
      Sid: 'ReadOwnDocuments',
      Action: 's3:GetObject',
      Resource: ['prometheus', 'alertmanager', 'grafana'].map((part) => `${bucket}/${part}/*`),
    },
    ...(secrets.length === 0
      ? []
      : [
          {
            Sid: 'ReadOwnSecrets',
            Action: 'secretsmanager:GetSecretValue',
            Resource: secrets.map((name) => secretPattern(environment, name, place)),
          },
        ]),
    // They know no resources: who may ask sees all machines and zones of the region.
    {
      Sid: 'FindMachines',
      Action: ['ec2:DescribeInstances', 'ec2:DescribeAvailabilityZones'],
      Resource: '*',
    },
    {
      Sid: 'WriteLogs',
      Action: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
      Resource: `${logs.arn}:*`,
    },
    ...(signed.length > roles.length
      ? [
          {
            Sid: 'SendMetrics',
            Action: 'aps:RemoteWrite',
            Resource: `arn:${place.partition}:aps:*:${place.account}:workspace/*`,
          },
        ]
      : []),
    ...(roles.length === 0
      ? []
      : [{ Sid: 'SendMetricsAsOthers', Action: 'sts:AssumeRole', Resource: roles }]),
    ...pullImages(
      [images.prometheus, images.alertmanager, images.grafana, images.nodeExporter],
      place.partition,
    ),
  ];
}
