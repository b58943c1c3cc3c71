import { DataResource, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Release } from '../contracts/release.ts';

export interface FixedReleaseProps {
  readonly release: Release;
  /** What the release keeps while it serves, by name. Shown in plans, so never a secret. */
  readonly settings: Readonly<Record<string, string>>;
  /** What must have come up before the release is held, so that one that never did may still change. @default - nothing */
  readonly after?: readonly ITerraformDependable[];
}

/** Context key, set while an environment is destroyed: then nothing is protected. */
export const DESTROYING = 'fleet:destroying';

/** Part of the address in Terraform's refusal, so that a plain `cdktf deploy` says what to do. */
const ID = 'serves-make-a-new-release-instead';

/**
 * Holds a release that serves to what it was started with. Another image or flag replaces this resource, and while the
 * release takes traffic Terraform refuses that before anything is touched, also in a plain `cdktf deploy`. A release at
 * weight 0 may change or go.
 */
export class FixedRelease extends Construct {
  constructor(scope: Construct, { release, settings, after }: FixedReleaseProps) {
    super(scope, ID);
    new DataResource(this, 'Resource', {
      triggersReplace: { ...settings },
      lifecycle: { preventDestroy: isHeld(this, release) },
      dependsOn: after === undefined ? undefined : [...after],
    });
  }
}

/** Whether Terraform must refuse to replace what the release runs on: while it serves, unless all is destroyed. */
export function isHeld(scope: Construct, { weight }: Release): boolean {
  return weight > 0 && scope.node.tryGetContext(DESTROYING) !== true;
}
