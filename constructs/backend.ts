import { GcsBackend, LocalBackend, S3Backend, type TerraformStack } from 'cdktf';
import type { Environment } from '../contracts/environment.ts';
import type { Toolkit } from './toolkit.ts';

/**
 * Where an environment's Terraform state lives: a bucket with locking as `state` says, else a file below the
 * project's folder. (That only class development may do without `state` is a rule of the environment.)
 */
export function configureBackend(
  stack: TerraformStack,
  { name, state }: Environment,
  { projectPath }: Toolkit,
): void {
  if (state === undefined) {
    new LocalBackend(stack, { path: `${projectPath}/.fleet/${name}/terraform.tfstate` });
  } else if ('gcs' in state) {
    const { bucket, prefix } = state.gcs;
    new GcsBackend(stack, { bucket, prefix: prefix ?? name });
  } else {
    const { bucket, region, key } = state.s3;
    new S3Backend(stack, { bucket, region, key: key ?? `${name}/terraform.tfstate`, encrypt: true });
    // cdktf 0.21 has no property for it. Needs Terraform 1.10 or OpenTofu 1.10.
    stack.addOverride('terraform.backend.s3.use_lockfile', true);
  }
}
