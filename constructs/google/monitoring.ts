import { ComputeAddress } from '@cdktf/provider-google/lib/compute-address/index.js';
import { ComputeInstance } from '@cdktf/provider-google/lib/compute-instance/index.js';
import { DnsRecordSet } from '@cdktf/provider-google/lib/dns-record-set/index.js';
import { DataResource, Fn } from 'cdktf';
import { Construct } from 'constructs';
import { cloudSection } from '../../contracts/cloud-section.ts';
import type { Environment } from '../../contracts/environment.ts';
import { machineLabel } from '../../contracts/machine-label.ts';
import type { Document } from '../../workloads/document.ts';
import { monitoringMachine } from '../../workloads/google-names.ts';
import { routerImage } from '../../workloads/router-machine-facts.ts';
import { MACHINE_LABELS } from '../../workloads/topology.ts';
import { StackFiles } from '../stack-files.ts';
import type { Access } from './access.ts';
import type { DocumentBucket } from './document-bucket.ts';
import { MetricsDisk } from './metrics-disk.ts';
import { MonitoringGrants } from './monitoring-grants.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';

export interface MonitoringProps {
  readonly environment: Environment;
  readonly place: Place;
  readonly network: Network;
  readonly access: Access;
  readonly documents: DocumentBucket;
  readonly userData: Document;
}

const MACHINE = 'e2-standard-2';
/** The machine image of nodes, which it may be started from, needs most of it. */
const BOOT_DISK_GB = 100;
const NAME_SECONDS = 60;

/**
 * One machine with Prometheus, Alertmanager and Grafana, an address that stays, and a disk that outlives it. Serving does not
 * depend on it: other user data ends it and makes it anew.
 */
export class Monitoring extends Construct {
  readonly resource: ComputeInstance;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { environment, place, network, access, documents, userData } = props;
    const { prometheus, labels } = environment;
    const cloud = cloudSection(environment);
    const image = cloud === undefined ? undefined : routerImage(cloud);
    const [zone] = place.zones;
    if (image === undefined || zone === undefined)
      throw new Error(`environment ${environment.name} names no machine image or zone of monitoring`);
    const name = monitoringMachine(place.environment);
    const own = {
      ...labels,
      [MACHINE_LABELS.environment]: machineLabel(environment.name),
      [MACHINE_LABELS.part]: 'monitoring',
    };

    new MonitoringGrants(this, 'grants', {
      environment,
      machineImage: image,
      place,
      identity: access.prometheus,
      documents,
    });
    const disk = new MetricsDisk(this, 'disk', {
      place,
      zone,
      sizeGb: prometheus.diskGiB,
      snapshotDays: prometheus.snapshotDays,
      labels: own,
    });
    const address = new ComputeAddress(this, 'address', {
      name,
      region: place.region,
      addressType: 'INTERNAL',
      purpose: 'GCE_ENDPOINT',
      subnetwork: network.monitoring.resource.id,
    });
    // A changed `user-data` is an update in place that nothing reads: cloud-init runs once in a machine's life.
    const boot = new DataResource(this, 'boot', { triggersReplace: { userData: userData.version } });
    this.resource = new ComputeInstance(this, 'Resource', {
      name,
      zone,
      machineType: prometheus.machine ?? MACHINE,
      bootDisk: {
        autoDelete: true,
        initializeParams: { image, size: BOOT_DISK_GB, type: 'pd-balanced' },
      },
      attachedDisk: [{ source: disk.resource.id, deviceName: 'metrics', mode: 'READ_WRITE' }],
      networkInterface: [
        {
          subnetwork: network.monitoring.resource.id,
          networkIp: address.address,
          nicType: 'GVNIC',
          stackType: 'IPV4_ONLY',
        },
      ],
      canIpForward: false,
      serviceAccount: { email: access.prometheus.resource.email, scopes: ['cloud-platform'] },
      shieldedInstanceConfig: {
        enableSecureBoot: true,
        enableVtpm: true,
        enableIntegrityMonitoring: true,
      },
      scheduling: { onHostMaintenance: 'MIGRATE', automaticRestart: true, provisioningModel: 'STANDARD' },
      allowStoppingForUpdate: true,
      metadata: {
        'user-data': Fn.file(StackFiles.of(this).add('monitoring/user-data', userData.text)),
        'enable-oslogin': 'TRUE',
        'block-project-ssh-keys': 'TRUE',
        'serial-port-enable': 'FALSE',
        'serial-port-logging-enable': 'TRUE',
      },
      labels: own,
      // By name: cdktf 0.21 writes an expression here, which Terraform does not take.
      lifecycle: { replaceTriggeredBy: [`${boot.terraformResourceType}.${boot.friendlyUniqueId}`] },
    });
    new DnsRecordSet(this, 'name', {
      managedZone: network.names.name,
      name: `prometheus.${network.names.dnsName}`,
      type: 'A',
      ttl: NAME_SECONDS,
      rrdatas: [address.address],
    });
  }
}
