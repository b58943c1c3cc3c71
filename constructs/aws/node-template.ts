import { LaunchTemplate as Template } from '@cdktf/provider-aws/lib/launch-template/index.js';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';
import type { Rung } from '../../contracts/capacity.ts';
import type { AccessGroup } from './access-group.ts';
import { PRIVATE_MACHINE, rootDisk, TAGGED } from './machine-settings.ts';
import type { NodeRole } from './node-role.ts';

export interface NodeTemplateProps {
  readonly name: string;
  /** AMI id: GPU driver, container engine, root disk at `/dev/sda1`. */
  readonly nodeImage: string;
  readonly machine: string;
  readonly rung: Rung;
  readonly role: NodeRole;
  readonly accessGroups: readonly AccessGroup[];
  /** File with the cloud-config, relative to the folder that Terraform runs in. */
  readonly userDataFile: string;
  readonly rootDiskGiB: number;
  /** Of machines, their disks and network interfaces. */
  readonly tags: Readonly<Record<string, string>>;
}

/** What a container image of 10 GB is unpacked with in a minute, not in five. */
const ROOT_DISK_SPEED = { iops: 6000, throughput: 500 };

/**
 * How a node is started. A change makes a new version, which machines started from then on get; those that run keep
 * running. User data is compressed: EC2 takes 16 KB of it.
 */
export class NodeTemplate extends Construct {
  readonly resource: Template;

  constructor(scope: Construct, id: string, props: NodeTemplateProps) {
    super(scope, id);
    const { name, nodeImage, machine, rung, role, accessGroups, userDataFile, rootDiskGiB, tags } = props;
    this.resource = new Template(this, 'Resource', {
      name,
      imageId: nodeImage,
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
      blockDeviceMappings: [rootDisk(rootDiskGiB, ROOT_DISK_SPEED)],
      tagSpecifications: TAGGED.map((resourceType) => ({ resourceType, tags: { ...tags } })),
      ...provisioning(rung),
    });
  }
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
