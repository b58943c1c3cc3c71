import type { Environment } from '../contracts/environment.ts';
import type { NodesDocument } from '../contracts/environment-schema.ts';
import { definitionOf, hasLocalDisks } from '../contracts/release.ts';

/** Operating system with GPU driver, and the unpacked container image. */
const SYSTEM_GIB = 200;
/** Compiled kernels, and what is fetched before it is whole. */
const CACHE_GIB = 50;
const UNKNOWN_CHECKPOINT_GIB = 200;

/** Of a node: where its machine has no local disks, the checkpoint lies there too. */
export function bootDiskGiB(environment: Environment, model: string, nodes: NodesDocument): number {
  if (hasLocalDisks(environment, nodes)) return SYSTEM_GIB;
  const checkpoint = definitionOf(environment, model)?.checkpointGiB ?? UNKNOWN_CHECKPOINT_GIB;
  return SYSTEM_GIB + Math.ceil(checkpoint) + CACHE_GIB;
}
