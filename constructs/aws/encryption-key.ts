import { KmsAlias } from '@cdktf/provider-aws/lib/kms-alias/index.js';
import { KmsKey } from '@cdktf/provider-aws/lib/kms-key/index.js';
import { Construct } from 'constructs';
import type { Place } from './place.ts';
import { policyDocument } from './policy.ts';

export interface EncryptionKeyProps {
  readonly environment: string;
  readonly place: Place;
}

/**
 * The environment's own key, for its log groups and what gateways share. Disks and documents are encrypted by the account's default keys: a
 * key of our own there would need grants for the service that starts machines, and protects from nobody in addition.
 */
export class EncryptionKey extends Construct {
  readonly resource: KmsKey;

  constructor(scope: Construct, id: string, { environment, place }: EncryptionKeyProps) {
    super(scope, id);
    this.resource = new KmsKey(this, 'Resource', {
      description: `Logs of fleet environment ${environment}`,
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      policy: policyDocument([
        {
          Sid: 'AccountDecidesByIam',
          Principal: { AWS: place.iamArn('root') },
          Action: 'kms:*',
          Resource: '*',
        },
        {
          Sid: 'LogsOfThisEnvironment',
          Principal: { Service: `logs.${place.region}.${place.dnsSuffix}` },
          Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
          Resource: '*',
          Condition: {
            ArnLike: {
              'kms:EncryptionContext:aws:logs:arn': place.arn('logs', `log-group:/fleet/${environment}/*`),
            },
          },
        },
      ]),
    });
    new KmsAlias(this, 'alias', { name: `alias/fleet-${environment}`, targetKeyId: this.resource.keyId });
  }
}
