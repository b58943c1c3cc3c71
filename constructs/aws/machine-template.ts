import {
  type LaunchTemplateBlockDeviceMappings,
  LaunchTemplate as Template,
} from '@cdktf/provider-aws/lib/launch-template/index.js';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';
import type { Rung } from '../../contracts/capacity.ts';
import type { AccessGroup } from './access-group.ts';

export interface MachineTemplateProps {
  readonly name: string;
  /** AMI id: container engine, root disk at `/dev/sda1`; of nodes also the GPU driver. */
  readonly image: string;
  readonly machine: string;
  /** @default - on demand, and it may take an open reservation */
  readonly rung?: Rung;
  readonly role: { readonly profile: { readonly arn: string } };
  readonly accessGroups: readonly AccessGroup[];
  /** File with the cloud-config, relative to the folder that Terraform runs in. */
  readonly userDataFile: string;
  readonly rootDiskGiB: number;
  /** @default - what gp3 has by itself */
  readonly rootDiskSpeed?: DiskSpeed;
  /** Of machines, their disks and network interfaces. */
  readonly tags: Readonly<Record<string, string>>;
}

/** IOPS and MiB/s. */
export interface DiskSpeed {
  readonly iops: number;
  readonly throughput: number;
}

/** Ubuntu's. */
const ROOT_DEVICE = '/dev/sda1';

/** What carries a machine's tags. */
const TAGGED = ['instance', 'volume', 'network-interface'];

/** Of every machine: a metadata service for the machine alone and by session, and nothing left when it ends. */
const PRIVATE_MACHINE = {
  instanceInitiatedShutdownBehavior: 'terminate',
  metadataOptions: {
    httpEndpoint: 'enabled',
    httpTokens: 'required',
    httpPutResponseHopLimit: 1,
    instanceMetadataTags: 'enabled',
  },
  monitoring: { enabled: true },
};

/**
 * How a machine is started. A change makes a new version, which machines started from then on get; those that run keep
 * running. User data is compressed: EC2 takes 16 KB of it.
 */
export class MachineTemplate extends Construct {
  readonly resource: Template;

  constructor(scope: Construct, id: string, props: MachineTemplateProps) {
    super(scope, id);
    const { name, image, machine, rung, role, accessGroups, userDataFile, tags } = props;
    this.resource = new Template(this, 'Resource', {
      name,
      imageId: image,
      instanceType: machine,
      userData: Fn.base64gzip(Fn.file(userDataFile)),
      updateDefaultVersion: true,
      ebsOptimized: 'true',
      iamInstanceProfile: { arn: role.profile.arn },
      ...PRIVATE_MACHINE,
      networkInterfaces: [
        {
          deviceIndex: 0,
          associatePublicIpAddress: 'false',
          deleteOnTermination: 'true',
          securityGroups: accessGroups.map(({ resource }) => resource.id),
        },
      ],
      blockDeviceMappings: [rootDisk(props.rootDiskGiB, props.rootDiskSpeed)],
      tagSpecifications: TAGGED.map((resourceType) => ({ resourceType, tags: { ...tags } })),
      ...(rung === undefined ? {} : provisioning(rung)),
    });
  }
}

/** An encrypted root disk that ends with its machine. */
function rootDisk(volumeSize: number, speed: Partial<DiskSpeed> = {}): LaunchTemplateBlockDeviceMappings {
  return {
    deviceName: ROOT_DEVICE,
    ebs: { volumeType: 'gp3', volumeSize, ...speed, encrypted: 'true', deleteOnTermination: 'true' },
  };
}

/** On-demand machines take no open reservation: that would be one that another rung, or somebody else, counts on. */
function provisioning({ from, reservation }: Rung) {
  const target = { capacityReservationTarget: { capacityReservationId: reservation } };
  switch (from) {
    case 'reservation':
      return { capacityReservationSpecification: target };
    case 'capacity-block':
      return {
        capacityReservationSpecification: target,
        instanceMarketOptions: { marketType: 'capacity-block' },
      };
    case 'spot':
      return {
        instanceMarketOptions: { marketType: 'spot', spotOptions: { spotInstanceType: 'one-time' } },
      };
    case 'on-demand':
      return { capacityReservationSpecification: { capacityReservationPreference: 'none' } };
    case 'flex-start':
      throw new Error('flex-start exists on platform google only');
  }
}
