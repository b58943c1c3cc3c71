import type { ComputeRegionInstanceTemplateDisk } from '@cdktf/provider-google/lib/compute-region-instance-template/index.js';

export interface NodeDisksProps {
  readonly machine: string;
  readonly nodeImage: string;
  /** Local disks of the machine type in all; 0 or unknown: none. */
  readonly localDiskGB: number | undefined;
  readonly bootDiskGiB: number;
}

/** One local disk of every machine type in use. */
const LOCAL_DISK_GB = 375;
/** These take no other boot disk. */
const HYPERDISK_ONLY = /^a(3-ultragpu|4|4x)-/;

/** A node's disks. Local ones are not attached by themselves to machines of a template: each must be named. */
export function nodeDisks(props: NodeDisksProps): ComputeRegionInstanceTemplateDisk[] {
  const { machine, nodeImage, localDiskGB = 0, bootDiskGiB } = props;
  const count = localDiskGB / LOCAL_DISK_GB;
  if (!Number.isInteger(count))
    throw new Error(`${machine}: localDiskGB must be a multiple of ${LOCAL_DISK_GB}, got ${localDiskGB}`);
  const boot: ComputeRegionInstanceTemplateDisk = {
    boot: true,
    autoDelete: true,
    sourceImage: nodeImage,
    diskType: HYPERDISK_ONLY.test(machine) ? 'hyperdisk-balanced' : 'pd-ssd',
    diskSizeGb: bootDiskGiB,
  };
  const local: ComputeRegionInstanceTemplateDisk = {
    type: 'SCRATCH',
    autoDelete: true,
    diskType: 'local-ssd',
    diskSizeGb: LOCAL_DISK_GB,
    interface: 'NVME',
  };
  return [boot, ...Array.from({ length: count }, () => local)];
}
