import { ComputeDisk } from '@cdktf/provider-google/lib/compute-disk/index.js';
import { ComputeDiskResourcePolicyAttachment } from '@cdktf/provider-google/lib/compute-disk-resource-policy-attachment/index.js';
import { ComputeResourcePolicy } from '@cdktf/provider-google/lib/compute-resource-policy/index.js';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { Place } from './place.ts';

export interface MetricsDiskProps {
  readonly place: Place;
  readonly zone: string;
  readonly sizeGb: number;
  readonly snapshotDays: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** When load is low in most of the world's offices, UTC. */
const SNAPSHOT_TIME = '03:00';

/** The disk that outlives the machine, with a snapshot a day; snapshots stay when it goes. */
export class MetricsDisk extends Construct {
  readonly resource: ComputeDisk;

  constructor(scope: Construct, id: string, props: MetricsDiskProps) {
    super(scope, id);
    const { place, zone, sizeGb, snapshotDays, labels } = props;
    this.resource = new ComputeDisk(this, 'Resource', {
      name: resourceName(place.environment, ['metrics']),
      zone,
      type: 'pd-balanced',
      size: sizeGb,
      labels: { ...labels },
    });
    const policy = new ComputeResourcePolicy(this, 'snapshots', {
      name: resourceName(place.environment, ['metrics-daily']),
      region: place.region,
      snapshotSchedulePolicy: {
        schedule: { dailySchedule: { daysInCycle: 1, startTime: SNAPSHOT_TIME } },
        retentionPolicy: { maxRetentionDays: snapshotDays, onSourceDiskDelete: 'KEEP_AUTO_SNAPSHOTS' },
        snapshotProperties: { labels: { ...labels }, storageLocations: [place.region] },
      },
    });
    new ComputeDiskResourcePolicyAttachment(this, 'daily', {
      name: policy.name,
      disk: this.resource.name,
      zone,
    });
  }
}
