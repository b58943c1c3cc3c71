import { GcsBackend, LocalBackend, S3Backend, type TerraformStack } from 'cdktf';
import {
  bootstrapStateFile,
  bootstrapStateObject,
  type StateObject,
  stateObject,
} from '../contracts/bootstrap.ts';
import type { Environment } from '../contracts/environment.ts';
import type { Toolkit } from './toolkit.ts';

/**
 * Where an environment's Terraform state lives: a bucket with locking as `state` says, else a file below the
 * project's folder. (That only class development may do without `state` is a rule of the environment.)
 */
export function configureBackend(stack: TerraformStack, environment: Environment, toolkit: Toolkit): void {
  const { name } = environment;
  const object = stateObject(environment);
  if (object === undefined) stateInFile(stack, `.fleet/${name}/terraform.tfstate`, toolkit);
  else stateInBucket(stack, object);
}

/** The bootstrap stack makes the bucket that it keeps its state in, so it begins with a file. */
export function configureBootstrapBackend(
  stack: TerraformStack,
  environment: Environment,
  toolkit: Toolkit,
  where: 'file' | 'bucket',
): void {
  const object = bootstrapStateObject(environment);
  if (where === 'file' || object === undefined)
    stateInFile(stack, bootstrapStateFile(environment.name), toolkit);
  else stateInBucket(stack, object);
}

function stateInFile(stack: TerraformStack, path: string, { projectPath }: Toolkit): void {
  new LocalBackend(stack, { path: `${projectPath}/${path}` });
}

function stateInBucket(stack: TerraformStack, { bucket, region, key }: StateObject): void {
  if (region === undefined) {
    new GcsBackend(stack, { bucket, prefix: key });
    return;
  }
  new S3Backend(stack, { bucket, region, key, encrypt: true });
  // cdktf 0.21 has no property for it. Needs Terraform 1.10 or OpenTofu 1.10.
  stack.addOverride('terraform.backend.s3.use_lockfile', true);
}
