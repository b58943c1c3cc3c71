import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { environmentVariables, type Ran } from './local-project.ts';

/** A filesystem mirror of provider plugins, where the machine has one. */
export function pluginDirectory(): string | undefined {
  return process.env.TF_PLUGIN_DIR;
}

/** Runs Terraform (or what TERRAFORM_BINARY_NAME names) to its end. Never throws for an exit code. */
export async function terraform(cwd: string, ...args: readonly string[]): Promise<Ran> {
  const binary = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';
  const options = { cwd, env: environmentVariables(), maxBuffer: 64 * 1024 * 1024 };
  return promisify(execFile)(binary, [...args, '-no-color'], options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: Ran) => ({ code, stdout, stderr }),
  );
}
