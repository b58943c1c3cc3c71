import { Construct } from 'constructs';
import { cloudSection } from '../../contracts/cloud-section.ts';
import { documentsBucket } from '../../contracts/document-objects.ts';
import type { Environment } from '../../contracts/environment.ts';
import { routerRoleArn } from '../../workloads/aws-names.ts';
import { egressSecrets, needsEgress } from '../../workloads/gateway.ts';
import type { Place } from './place.ts';
import type { Statement } from './policy.ts';
import { RouterPartRole } from './router-part-role.ts';
import { secretPattern } from './secret-access.ts';

export interface RouterPartsProps {
  readonly environment: Environment;
  readonly place: Place;
}

/**
 * Who the programs on router machines are. The agent reads its documents and the hop key, and sees which machines there
 * are; the egress reads its document and its secrets. Neither may do what the other may.
 */
export class RouterParts extends Construct {
  /** Of the roles. */
  readonly arns: readonly string[];

  constructor(scope: Construct, id: string, { environment, place }: RouterPartsProps) {
    super(scope, id);
    const parts: ('router-agent' | 'egress')[] = ['router-agent'];
    new RouterPartRole(this, 'router-agent', {
      environment: environment.name,
      place,
      part: 'router-agent',
      description: `Router agents of fleet environment ${environment.name}`,
      rights: [
        readDocuments(environment, place, 'router'),
        readSecrets(environment, place, [environment.router.key]),
        // It knows no resources: who may ask sees all machines of the region.
        { Sid: 'FindNodes', Action: 'ec2:DescribeInstances', Resource: '*' },
      ],
    });
    if (needsEgress(environment)) {
      parts.push('egress');
      new RouterPartRole(this, 'egress', {
        environment: environment.name,
        place,
        part: 'egress',
        description: `Egress of fleet environment ${environment.name}`,
        rights: [
          readDocuments(environment, place, 'egress'),
          readSecrets(environment, place, egressSecrets(environment)),
        ],
      });
    }
    this.arns = parts.map((part) => routerRoleArn(environment.name, place, part));
  }
}

function readDocuments(environment: Environment, place: Place, part: 'router' | 'egress'): Statement {
  const cloud = cloudSection(environment);
  if (cloud === undefined) throw new Error(`${environment.name} is on no cloud`);
  const bucket = place.bucketArn(documentsBucket(environment.name, cloud));
  return { Sid: 'ReadOwnDocuments', Action: 's3:GetObject', Resource: `${bucket}/${part}/*` };
}

function readSecrets(environment: Environment, place: Place, names: readonly string[]): Statement {
  return {
    Sid: 'ReadOwnSecrets',
    Action: 'secretsmanager:GetSecretValue',
    Resource: names.map((name) => secretPattern(environment, name, place)),
  };
}
