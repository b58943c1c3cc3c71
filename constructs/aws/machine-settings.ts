import type { LaunchTemplateBlockDeviceMappings } from '@cdktf/provider-aws/lib/launch-template/index.js';

/** Ubuntu's. */
const ROOT_DEVICE = '/dev/sda1';

/** What carries a machine's tags. */
export const TAGGED = ['instance', 'volume', 'network-interface'];

/** Of every machine: a metadata service for the machine alone and by session, and nothing left when it ends. */
export const PRIVATE_MACHINE = {
  instanceInitiatedShutdownBehavior: 'terminate',
  metadataOptions: {
    httpEndpoint: 'enabled',
    httpTokens: 'required',
    httpPutResponseHopLimit: 1,
    instanceMetadataTags: 'enabled',
  },
  monitoring: { enabled: true },
};

/** An encrypted root disk that ends with its machine. */
export function rootDisk(
  volumeSize: number,
  speed: { readonly iops?: number; readonly throughput?: number } = {},
): LaunchTemplateBlockDeviceMappings {
  return {
    deviceName: ROOT_DEVICE,
    ebs: { volumeType: 'gp3', volumeSize, ...speed, encrypted: 'true', deleteOnTermination: 'true' },
  };
}
