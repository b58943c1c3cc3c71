import { LaunchTemplate as Template } from '@cdktf/provider-aws/lib/launch-template/index.js';
import { Fn } from 'cdktf';
import { Construct } from 'constructs';
import type { AccessGroup } from './access-group.ts';
import { PRIVATE_MACHINE, rootDisk, TAGGED } from './machine-settings.ts';
import type { RouterRole } from './router-role.ts';

export interface RouterTemplateProps {
  readonly name: string;
  /** AMI id: container engine, AWS's command line, root disk at `/dev/sda1`. */
  readonly machineImage: string;
  readonly machine: string;
  readonly role: RouterRole;
  readonly access: AccessGroup;
  /** File with the cloud-config, relative to the folder that Terraform runs in. */
  readonly userDataFile: string;
  readonly rootDiskGiB: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** How a router is started. User data is compressed: EC2 takes 16 KB of it. */
export class RouterTemplate extends Construct {
  readonly resource: Template;

  constructor(scope: Construct, id: string, props: RouterTemplateProps) {
    super(scope, id);
    const { name, machineImage, machine, role, access, userDataFile, rootDiskGiB, tags } = props;
    this.resource = new Template(this, 'Resource', {
      name,
      imageId: machineImage,
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
          securityGroups: [access.resource.id],
        },
      ],
      blockDeviceMappings: [rootDisk(rootDiskGiB)],
      tagSpecifications: TAGGED.map((resourceType) => ({ resourceType, tags: { ...tags } })),
    });
  }
}
