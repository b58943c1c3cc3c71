import { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group/index.js';
import { Construct } from 'constructs';
import type { EncryptionKey } from './encryption-key.ts';
import type { Place } from './place.ts';

export interface LogGroupProps {
  /** Below `/fleet/<environment>/`: what the key may be used for. */
  readonly name: string;
  readonly place: Place;
  readonly key: EncryptionKey;
}

const RETENTION_DAYS = 365;

/** A log group of the environment: encrypted with its key, kept for a year. */
export class LogGroup extends Construct {
  readonly resource: CloudwatchLogGroup;
  /** Known beforehand, for policies. */
  readonly arn: string;

  constructor(scope: Construct, id: string, { name, place, key }: LogGroupProps) {
    super(scope, id);
    this.arn = place.arn('logs', `log-group:${name}`);
    this.resource = new CloudwatchLogGroup(this, 'Resource', {
      name,
      retentionInDays: RETENTION_DAYS,
      kmsKeyId: key.resource.arn,
    });
  }
}
