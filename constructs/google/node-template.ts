import {
  ComputeRegionInstanceTemplate,
  type ComputeRegionInstanceTemplateDisk,
} from '@cdktf/provider-google/lib/compute-region-instance-template/index.js';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { Identity } from './identity.ts';
import type { Place } from './place.ts';
import type { Provisioning } from './provisioning.ts';
import type { Subnet } from './subnet.ts';

export interface NodeTemplateProps {
  readonly place: Place;
  /** What tells the template from others of the environment. */
  readonly name: readonly string[];
  readonly machine: string;
  readonly disks: ComputeRegionInstanceTemplateDisk[];
  readonly provisioning: Provisioning;
  readonly subnet: Subnet;
  readonly identity: Identity;
  /** Path of the cloud-config, relative to the folder that Terraform runs in. */
  readonly userDataFile: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Google adds up to 26 characters. */
const LONGEST_PREFIX = 36;

/**
 * What a new machine of a rung, or a router, is made from. Another template replaces this one before it goes; machines that run keep
 * theirs. `user-data` and not `metadata_startup_script`, which would replace machines that are not in a group.
 */
export class NodeTemplate extends Construct {
  readonly resource: ComputeRegionInstanceTemplate;

  constructor(scope: Construct, id: string, props: NodeTemplateProps) {
    super(scope, id);
    const { place, name, machine, disks, provisioning, subnet, identity, userDataFile, labels } = props;
    this.resource = new ComputeRegionInstanceTemplate(this, 'Resource', {
      namePrefix: `${resourceName(place.environment, name, LONGEST_PREFIX)}-`,
      region: place.region,
      description: name.join(' '),
      machineType: machine,
      disk: disks,
      networkInterface: [{ subnetwork: subnet.resource.id, nicType: 'GVNIC', stackType: 'IPV4_ONLY' }],
      canIpForward: false,
      serviceAccount: { email: identity.resource.email, scopes: ['cloud-platform'] },
      shieldedInstanceConfig: {
        enableSecureBoot: true,
        enableVtpm: true,
        enableIntegrityMonitoring: true,
      },
      metadata: {
        'user-data': Fn.file(userDataFile),
        'enable-oslogin': 'TRUE',
        'block-project-ssh-keys': 'TRUE',
        'serial-port-enable': 'FALSE',
        'serial-port-logging-enable': 'TRUE',
      },
      labels: { ...labels },
      ...provisioning,
      lifecycle: { createBeforeDestroy: true },
    });
  }
}
