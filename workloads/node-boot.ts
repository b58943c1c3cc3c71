import type { Environment } from '../contracts/environment.ts';
import type { Release } from '../contracts/release.ts';
import type { Document } from './document.ts';
import type { Templates } from './templates.ts';

/** What a booting node must know of its cloud beyond the environment. */
export interface NodeCloud {
  readonly platform: 'google' | 'aws';
  /** Where GPU machines of this type keep weights and compiled kernels: local disks, else the boot disk. */
  readonly localDisks: boolean;
}

export interface NodeBootProps {
  readonly environment: Environment;
  readonly release: Release;
  readonly cloud: NodeCloud;
  readonly templates: Templates;
}

/**
 * The cloud-config that turns a GPU machine into a node of one release: drivers awaited, weights fetched, one systemd
 * unit for each vLLM server. The same text on every boot of every machine of the release.
 */
export function nodeUserData({ environment, release, cloud }: NodeBootProps): Document {
  throw new Error(`${environment.name}: no boot scripts yet for ${release.name} on ${cloud.platform}`);
}
