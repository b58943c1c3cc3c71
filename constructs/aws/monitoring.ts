import { Instance } from '@cdktf/provider-aws/lib/instance/index.js';
import { Route53Record } from '@cdktf/provider-aws/lib/route53-record/index.js';
import { VolumeAttachment } from '@cdktf/provider-aws/lib/volume-attachment/index.js';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';
import { cloudSection } from '../../contracts/cloud-section.ts';
import { documentsBucket } from '../../contracts/document-objects.ts';
import type { Environment } from '../../contracts/environment.ts';
import { monitoringLogGroup } from '../../workloads/aws-names.ts';
import type { Document } from '../../workloads/document.ts';
import { routerImage } from '../../workloads/router-machine-facts.ts';
import { MACHINE_LABELS } from '../../workloads/topology.ts';
import type { Access } from './access.ts';
import type { EncryptionKey } from './encryption-key.ts';
import { LogGroup } from './log-group.ts';
import { MetricsDisk } from './metrics-disk.ts';
import { MonitoringRole } from './monitoring-role.ts';
import type { Names } from './names.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';
import { userDataFile } from './user-data.ts';

export interface MonitoringProps {
  readonly environment: Environment;
  readonly place: Place;
  readonly network: Network;
  readonly names: Names;
  readonly access: Access;
  readonly key: EncryptionKey;
  readonly userData: Document;
}

const MACHINE = 'm6i.large';
/** The machine image of nodes, which it may be started from, needs most of it. */
const ROOT_DISK_GIB = 100;
const DISK_DEVICE = '/dev/sdf';
const NAME_SECONDS = 60;

/**
 * One machine with Prometheus, Alertmanager and Grafana, and a disk that outlives it. EC2 moves it to other hardware when its
 * own fails. Serving does not depend on it: other user data ends it and makes it anew while the disk stays.
 */
export class Monitoring extends Construct {
  readonly resource: Instance;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { environment, place, network, names, access, key, userData } = props;
    const { prometheus } = environment;
    const cloud = cloudSection(environment);
    const ami = cloud === undefined ? undefined : routerImage(cloud);
    const [zone] = network.zones;
    if (cloud === undefined || ami === undefined || zone === undefined)
      throw new Error(`environment ${environment.name} names no machine image or zone of monitoring`);
    const name = `fleet-${environment.name}-monitoring`;
    const tags = {
      [MACHINE_LABELS.environment]: environment.name,
      [MACHINE_LABELS.part]: 'monitoring',
    };

    const logs = new LogGroup(this, 'logs', { name: monitoringLogGroup(environment.name), place, key });
    const role = new MonitoringRole(this, 'role', {
      environment,
      place,
      logs,
      documents: documentsBucket(environment.name, cloud),
    });
    const disk = new MetricsDisk(this, 'disk', {
      environment: environment.name,
      place,
      zone: zone.zone,
      sizeGiB: prometheus.diskGiB,
      snapshotDays: prometheus.snapshotDays,
      tags,
    });
    this.resource = new Instance(this, 'Resource', {
      ami,
      instanceType: prometheus.machine ?? MACHINE,
      subnetId: zone.router.resource.id,
      vpcSecurityGroupIds: [access.prometheus.resource.id],
      associatePublicIpAddress: false,
      iamInstanceProfile: role.profile.name,
      userDataBase64: Fn.base64gzip(
        Fn.file(userDataFile(this, 'monitoring/user-data', userData, 'monitoring')),
      ),
      userDataReplaceOnChange: true,
      ebsOptimized: true,
      monitoring: true,
      maintenanceOptions: { autoRecovery: 'default' },
      metadataOptions: {
        httpEndpoint: 'enabled',
        httpTokens: 'required',
        httpPutResponseHopLimit: 1,
        instanceMetadataTags: 'enabled',
      },
      rootBlockDevice: {
        volumeType: 'gp3',
        volumeSize: ROOT_DISK_GIB,
        encrypted: true,
        deleteOnTermination: true,
      },
      tags: { ...tags, Name: name },
    });
    new VolumeAttachment(this, 'attached', {
      deviceName: DISK_DEVICE,
      volumeId: disk.resource.id,
      instanceId: this.resource.id,
      stopInstanceBeforeDetaching: true,
    });
    new Route53Record(this, 'name', {
      zoneId: names.resource.zoneId,
      name: `prometheus.${names.domain}`,
      type: 'A',
      ttl: NAME_SECONDS,
      records: [this.resource.privateIp],
    });
  }
}
