import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Environment } from '../contracts/environment.ts';
import { parseEnvironment } from '../contracts/parse-environment.ts';
import { UsageError } from './errors.ts';
import { nearest } from './nearest.ts';

/**
 * The project's folder: the one given, else the nearest from `folder` upward that has cdktf.json.
 * @throws UsageError when there is none
 */
export function findProject(folder: string, given: string | undefined): string {
  const start = resolve(folder, given ?? '.');
  for (let candidate = start; ; candidate = dirname(candidate)) {
    if (existsSync(join(candidate, 'cdktf.json'))) return candidate;
    if (given !== undefined || candidate === dirname(candidate)) break;
  }
  throw new UsageError(
    given === undefined
      ? `no cdktf.json in ${start} or above it; run fleet inside a project or name one with --project`
      : `--project: no cdktf.json in ${start}`,
  );
}

/** `prod` → `environments/prod.yaml`, the form that messages show. */
export function environmentFile(name: string): string {
  return `environments/${name}.yaml`;
}

/** Where an environment's state, logs and secrets are kept on this host. */
export function stateFolder(project: string, environment: string): string {
  return join(project, '.fleet', environment);
}

/** Names of the environments that the project has files for. */
export function environmentNames(project: string): string[] {
  const folder = join(project, 'environments');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.replace(/\.yaml$/, ''))
    .toSorted();
}

/** @throws UsageError when the name could not be an environment's */
export function checkEnvironmentName(name: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) return name;
  throw new UsageError(
    `an environment's name has lower-case letters, digits and hyphens, at most 32, got ${JSON.stringify(name)}`,
  );
}

export function hasEnvironment(project: string, name: string): boolean {
  return existsSync(join(project, environmentFile(checkEnvironmentName(name))));
}

/**
 * Reads and parses one environment file of the project.
 * @throws UsageError when there is no such file, EnvironmentError when it has mistakes
 */
export function readEnvironment(project: string, name: string): Environment {
  if (!hasEnvironment(project, name)) throw new UsageError(unknownEnvironment(project, name));
  const path = environmentFile(name);
  return parseEnvironment({ path, text: readFileSync(join(project, path), 'utf8') });
}

/** `environments/prd.yaml does not exist; did you mean prod? (known: local, prod)` */
export function unknownEnvironment(project: string, name: string): string {
  const known = environmentNames(project);
  const hint = known.length === 0 ? `write it with \`fleet init ${name}\`` : nearest(name, known);
  return `${environmentFile(name)} does not exist; ${hint}`;
}
