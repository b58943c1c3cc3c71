import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { App, type TerraformStack } from 'cdktf';
import type { Platform } from '../../constructs/platform.ts';
import { FILES_FOLDER } from '../../constructs/stack-files.ts';
import type { Toolkit } from '../../constructs/toolkit.ts';
import type { Environment } from '../../contracts/environment.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { EnvironmentStack } from '../../stacks/environment-stack.ts';
import { readTemplates } from '../../templates/read.ts';
import { ROOT } from './local-project.ts';

export type Attributes = Readonly<Record<string, unknown>>;

/** A synthesized stack, as Terraform will read it. */
export interface Synthesized {
  /** cdk.tf.json without the notes that cdktf makes for itself. */
  readonly json: Attributes;
  /** Resources by address, `docker_container.router`. */
  readonly resources: ReadonlyMap<string, Attributes>;
  /** Texts of the stack's files by path below their folder. */
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Synthesizes one stack for real: aspects, validations, files.
 * @throws Error for a failed validation or an error annotation, as `cdktf synth` would
 */
export function synth(make: (app: App) => TerraformStack): Synthesized {
  const outdir = mkdtempSync(join(tmpdir(), 'fleet-synth-'));
  try {
    const app = new App({ outdir, stackTraces: false });
    const stack = make(app);
    app.synth();
    const path = join(outdir, app.manifest.forStack(stack).synthesizedStackPath);
    const json = withoutNotes(JSON.parse(readFileSync(path, 'utf8'))) as Attributes;
    return { json, resources: resourcesOf(json), files: filesBelow(join(dirname(path), FILES_FOLDER)) };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** Programs that have no bundle: a stack's shape does not depend on what they are. */
export const TEST_TOOLKIT: Toolkit = {
  path: '../../..',
  projectPath: '../../..',
  programHash: (service) => `hash-of-${service}`,
};

/** The shipped templates. */
export const TEMPLATES = readTemplates(join(ROOT, 'templates'));

/** Synthesizes an environment with the shipped templates. */
export function synthEnvironment(
  environment: Environment,
  platform: (stack: TerraformStack, environment: Environment) => Platform,
  context: Attributes = {},
): Synthesized {
  return synth((app) => {
    for (const [key, value] of Object.entries(context)) app.node.setContext(key, value);
    return new EnvironmentStack(app, {
      environment,
      templates: TEMPLATES,
      platform: (stack) => platform(stack, environment),
    });
  });
}

/** A shipped environment file, changed as an operator would in an editor. */
export function shippedEnvironment(name: string, change?: (text: string) => string): Environment {
  const path = `environments/${name}.yaml`;
  const text = readFileSync(join(ROOT, path), 'utf8');
  const changed = change === undefined ? text : change(text);
  if (change !== undefined && changed === text) throw new Error(`the change did not change ${path}`);
  return parseEnvironment({ path, text: changed });
}

/** Addresses of resources that are only in one of two stacks or differ. */
export function difference(before: Synthesized, after: Synthesized): string[] {
  const addresses = new Set([...before.resources.keys(), ...after.resources.keys()]);
  return [...addresses]
    .filter(
      (address) =>
        JSON.stringify(before.resources.get(address)) !== JSON.stringify(after.resources.get(address)),
    )
    .toSorted();
}

function resourcesOf({ resource }: Attributes): Map<string, Attributes> {
  const types = Object.entries((resource ?? {}) as Record<string, Record<string, Attributes>>);
  return new Map(
    types.flatMap(([type, named]) =>
      Object.entries(named).map(([name, attributes]): [string, Attributes] => [
        `${type}.${name}`,
        attributes,
      ]),
    ),
  );
}

function withoutNotes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNotes);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== '//')
      .map(([key, inner]) => [key, withoutNotes(inner)]),
  );
}

function filesBelow(folder: string): Map<string, string> {
  if (!existsSync(folder)) return new Map();
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return new Map(
    paths
      .filter((path) => statSync(join(folder, path)).isFile())
      .map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
  );
}
