import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import type { Variables } from './context.ts';

/** Where servers are installed; not on the PATH of an ordinary user. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The folders that programs are looked for in: those of PATH, then the system's. */
export function searchPath(env: Variables): string[] {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...folders, ...SYSTEM_FOLDERS])];
}

/** The path of a program, looked for as a shell would, and in the system's folders. */
export function findProgram(name: string, env: Variables): string | undefined {
  if (name.includes('/')) return isExecutable(name) ? name : undefined;
  return searchPath(env)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Names that Terraform may have here, in the order of preference. */
export function terraformNames(env: Variables): string[] {
  const chosen = env.TERRAFORM_BINARY_NAME;
  return chosen === undefined || chosen === '' ? ['terraform', 'tofu'] : [chosen];
}

/** The Terraform or OpenTofu to use. */
export function findTerraform(env: Variables): string | undefined {
  return terraformNames(env)
    .map((name) => findProgram(name, env))
    .find((path) => path !== undefined);
}

/** Variables for a program that runs Terraform: no calls home, no warning about a configuration file that is not there. */
export function terraformVariables(env: Variables): Variables {
  const { TF_CLI_CONFIG_FILE: configuration, ...rest } = env;
  const terraform = findTerraform(env);
  return {
    ...rest,
    CHECKPOINT_DISABLE: '1',
    ...(configuration !== undefined && existsSync(configuration)
      ? { TF_CLI_CONFIG_FILE: configuration }
      : {}),
    ...(terraform !== undefined
      ? {
          TERRAFORM_BINARY_NAME: isAbsolute(env.TERRAFORM_BINARY_NAME ?? '')
            ? terraform
            : basename(terraform),
        }
      : {}),
  };
}

/** The first version number that a program prints, on stdout or stderr. */
export async function versionOf(
  path: string,
  args: readonly string[],
  env: Variables,
): Promise<string | undefined> {
  const printed = await new Promise<string>((done) => {
    execFile(path, [...args], { env: { ...env }, timeout: 10_000 }, (_error, stdout, stderr) =>
      done(`${stdout}\n${stderr}`),
    );
  });
  return /\d+\.\d+(?:\.\d+)?/.exec(printed)?.[0];
}
