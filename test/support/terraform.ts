import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Flags of `terraform init` that lead to the plugin directory, where the machine has one. */
export function pluginFlags(): readonly string[] {
  const plugins = pluginDirectory();
  return plugins === undefined ? [] : [`-plugin-dir=${plugins}`];
}

/** Whether Terraform gets a provider of HashiCorp's here, from the plugin directory or its registry. */
export async function hasProvider(name: string, version: string): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-provider-'));
  try {
    const required = { [name]: { source: `hashicorp/${name}`, version } };
    writeFileSync(
      join(folder, 'main.tf.json'),
      JSON.stringify({ terraform: { required_providers: required } }),
    );
    const { code } = await terraform(folder, 'init', ...pluginFlags());
    if (code !== 0)
      console.warn(`NOT CHECKED with the provider ${name} ${version}: it is not to be had here`);
    return code === 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
