import { DlmLifecyclePolicy } from '@cdktf/provider-aws/lib/dlm-lifecycle-policy/index.js';
import { EbsVolume } from '@cdktf/provider-aws/lib/ebs-volume/index.js';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role/index.js';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy/index.js';
import { Construct } from 'constructs';
import { boundedName } from '../../workloads/bounded-name.ts';
import type { Place } from './place.ts';
import { policyDocument, trustPolicy } from './policy.ts';

export interface MetricsDiskProps {
  readonly environment: string;
  readonly place: Place;
  readonly zone: string;
  readonly sizeGiB: number;
  readonly snapshotDays: number;
  readonly tags: Readonly<Record<string, string>>;
}

const LONGEST_NAME = 64;
/** When load is low in most of the world's offices, UTC. */
const SNAPSHOT_TIME = '03:00';

/** The disk that outlives the machine, with a snapshot a day, and one when it goes. */
export class MetricsDisk extends Construct {
  readonly resource: EbsVolume;

  constructor(scope: Construct, id: string, props: MetricsDiskProps) {
    super(scope, id);
    const { environment, place, zone, sizeGiB, snapshotDays, tags } = props;
    const name = `fleet-${environment}-metrics`;
    this.resource = new EbsVolume(this, 'Resource', {
      availabilityZone: zone,
      size: sizeGiB,
      type: 'gp3',
      encrypted: true,
      finalSnapshot: true,
      tags: { ...tags, Name: name },
    });
    const role = new IamRole(this, 'role', {
      name: boundedName(['fleet', environment, 'snapshots', place.region], LONGEST_NAME),
      description: `Snapshots of metrics of fleet environment ${environment}`,
      assumeRolePolicy: trustPolicy('dlm.amazonaws.com', {
        StringEquals: { 'aws:SourceAccount': place.account },
      }),
    });
    const tagged = (key: 'aws:ResourceTag' | 'aws:RequestTag') => ({
      StringEquals: Object.fromEntries(Object.entries(tags).map(([tag, value]) => [`${key}/${tag}`, value])),
    });
    const ec2 = (resource: string) => `arn:${place.partition}:ec2:${place.region}:*:${resource}`;
    new IamRolePolicy(this, 'policy', {
      role: role.id,
      name: 'snapshots',
      policy: policyDocument([
        {
          Sid: 'OfThisDisk',
          Action: 'ec2:CreateSnapshot',
          Resource: ec2('volume/*'),
          Condition: tagged('aws:ResourceTag'),
        },
        {
          Sid: 'MakeSnapshots',
          Action: ['ec2:CreateSnapshot', 'ec2:CreateTags'],
          Resource: ec2('snapshot/*'),
          Condition: tagged('aws:RequestTag'),
        },
        {
          Sid: 'EndSnapshots',
          Action: 'ec2:DeleteSnapshot',
          Resource: ec2('snapshot/*'),
          Condition: tagged('aws:ResourceTag'),
        },
        { Sid: 'See', Action: ['ec2:DescribeVolumes', 'ec2:DescribeSnapshots'], Resource: '*' },
      ]),
    });
    new DlmLifecyclePolicy(this, 'snapshots', {
      description: `metrics of fleet environment ${environment}`.slice(0, 500),
      executionRoleArn: role.arn,
      state: 'ENABLED',
      policyDetails: {
        resourceTypes: ['VOLUME'],
        targetTags: { Name: name },
        schedule: [
          {
            name: 'daily',
            createRule: { interval: 24, intervalUnit: 'HOURS', times: [SNAPSHOT_TIME] },
            retainRule: { count: snapshotDays },
            tagsToAdd: { ...tags },
            copyTags: false,
          },
        ],
      },
    });
  }
}
