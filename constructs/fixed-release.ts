import { DataResource } from 'cdktf';
import { Construct } from 'constructs';
import type { Release } from '../contracts/release.ts';
import { sha256 } from '../workloads/document.ts';

export interface FixedReleaseProps {
  readonly release: Release;
  /** All that a server of the release is started with: command lines, image, machine type. */
  readonly servers: unknown;
}

/** Context key, set while an environment is destroyed: then nothing is protected. */
export const DESTROYING = 'fleet:destroying';

const ID = 'serves-make-a-new-release-instead';

/**
 * Holds a release that serves to what it was started with. Another image or flag replaces this resource, and while the
 * release takes traffic Terraform refuses that before anything is touched, also in a plain `cdktf deploy`. A release at
 * weight 0 may change or go.
 */
export class FixedRelease extends Construct {
  constructor(scope: Construct, { release, servers }: FixedReleaseProps) {
    super(scope, ID);
    const serves = release.weight > 0 && this.node.tryGetContext(DESTROYING) !== true;
    new DataResource(this, 'Resource', {
      triggersReplace: { servers: sha256(JSON.stringify(servers)) },
      lifecycle: { preventDestroy: serves },
    });
  }
}
