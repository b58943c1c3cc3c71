import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { boundedName } from '../../workloads/bounded-name.ts';
import { pullImages } from './ecr.ts';
import type { LogGroup } from './log-group.ts';
import type { Place } from './place.ts';
import { policyDocument, type Statement, trustPolicy } from './policy.ts';
import { secretPattern } from './secret-access.ts';

export interface GatewayRoleProps {
  readonly environment: Environment;
  readonly place: Place;
  readonly logs: LogGroup;
  readonly image: string;
  /** Names of the secrets that its containers are started with. */
  readonly secrets: readonly string[];
  /** ARN of a file of variables that they are started with. @default - none */
  readonly variablesFile?: string;
}

const LONGEST_NAME = 64;

/**
 * Who starts the gateway's containers: pulls the image, reads the secrets, writes the log. The program in them has no
 * role and so no right at all.
 */
export class GatewayRole extends Construct {
  readonly resource: IamRole;

  constructor(scope: Construct, id: string, props: GatewayRoleProps) {
    super(scope, id);
    const { environment, place, logs, image, secrets, variablesFile } = props;
    this.resource = new IamRole(this, 'Resource', {
      name: boundedName(['fleet', environment.name, 'gateway', place.region], LONGEST_NAME),
      description: `Starts the gateway of fleet environment ${environment.name}`,
      assumeRolePolicy: trustPolicy('ecs-tasks.amazonaws.com', {
        StringEquals: { 'aws:SourceAccount': place.account },
      }),
    });
    new IamRolePolicy(this, 'policy', {
      role: this.resource.id,
      name: 'start-gateway',
      policy: policyDocument([
        {
          Sid: 'WriteLogs',
          Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
          Resource: `${logs.arn}:*`,
        },
        {
          Sid: 'ReadSecrets',
          Action: 'secretsmanager:GetSecretValue',
          Resource: secrets.map((name) => secretPattern(environment, name, place)),
        },
        ...(variablesFile === undefined ? [] : readFile(variablesFile)),
        ...pullImages([image, environment.images.prometheus], place.partition),
      ]),
    });
  }
}

function readFile(arn: string): Statement[] {
  return [
    { Sid: 'ReadVariables', Action: 's3:GetObject', Resource: arn },
    { Sid: 'FindBucket', Action: 's3:GetBucketLocation', Resource: arn.slice(0, arn.indexOf('/')) },
  ];
}
