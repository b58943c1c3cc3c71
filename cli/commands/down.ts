import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../../contracts/environment.ts';
import { EnvironmentError } from '../../contracts/problem.ts';
import { listParts } from '../../parts/status.ts';
import { stopAll } from '../../parts/stop.ts';
import type { Context } from '../context.ts';
import { runCdktf } from '../deploy.ts';
import { Failure, Interrupted, UsageError } from '../errors.ts';
import { hostOf } from '../host.ts';
import { findTerraform } from '../programs.ts';
import { hasEnvironment, readEnvironment, stateFolder, unknownEnvironment } from '../project.ts';
import { portsHeldBy } from '../taken-ports.ts';

export interface DownFlags {
  /** Remove the environment's folder too: logs, state, generated secrets. */
  readonly purge: boolean;
  /** The environment's name, given again to agree to the end of a cloud environment. */
  readonly confirm?: string;
}

export interface DownResult {
  readonly environment: string;
  readonly destroyed: boolean;
  /** Why `cdktf destroy` did not run, where that is worth knowing. */
  readonly skipped?: string;
  /** Parts that were stopped on this host. */
  readonly stopped: readonly string[];
  /** The folder that is left, seen from the project's; absent when nothing is left. */
  readonly folder?: string;
  /** What is in it. */
  readonly left: readonly string[];
}

/**
 * Ends an environment. On the process platform neither a state nor a valid file nor Terraform is needed.
 * @throws EnvironmentError, UsageError, Failure, Interrupted
 */
export async function down(
  name: string,
  { purge, confirm }: DownFlags,
  context: Context,
): Promise<DownResult> {
  const { project } = context;
  const known = hasEnvironment(project, name);
  const folder = stateFolder(project, name);
  if (!known && !existsSync(folder)) {
    return {
      environment: name,
      destroyed: false,
      skipped: unknownEnvironment(project, name),
      stopped: [],
      left: [],
    };
  }
  const environment = known ? await readIfNeeded(name, context) : undefined;
  const destruction =
    environment === undefined || environment.platform === 'process'
      ? await endProcesses(name, environment, context)
      : await endElsewhere(environment, confirm, context);
  if (purge) rmSync(folder, { recursive: true, force: true });
  const left = existsSync(folder) ? readdirSync(folder).toSorted() : [];
  return {
    environment: name,
    ...destruction,
    folder: left.length > 0 ? join('.fleet', name) : undefined,
    left,
  };
}

/** A file with mistakes matters unless parts are installed here: those can be stopped without it. */
async function readIfNeeded(name: string, context: Context): Promise<Environment | undefined> {
  try {
    return readEnvironment(context.project, name);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    if ((await listParts(hostOf(context), name)).length === 0) throw error;
    context.progress(error.message);
    return undefined;
  }
}

type Destruction = Pick<DownResult, 'destroyed' | 'skipped' | 'stopped'>;

async function endProcesses(
  name: string,
  environment: Environment | undefined,
  context: Context,
): Promise<Destruction> {
  const host = hostOf(context);
  const before = (await listParts(host, name)).filter(({ pid }) => pid !== undefined);
  // Before Terraform, which would end all parts at once: so the gateway ends first and its requests can finish.
  const stopped = await stopAll(host, name);
  const skipped = reasonToSkip(name, environment, context);
  const failure = skipped === undefined ? await destroy(name, context) : undefined;
  const still = environment === undefined ? [] : portsHeldBy(before, environment);
  const problems = [
    ...(failure === undefined ? [] : [failure.message]),
    ...still.map(
      ({ port, key, holder }) =>
        `port ${port} (${key}) is still held by ${holder.program} (pid ${holder.pid})`,
    ),
  ];
  if (problems.length > 0) throw new Failure(problems.join('\n'));
  const nothingDeployed = skipped === NO_STATE;
  return {
    destroyed: skipped === undefined,
    skipped: nothingDeployed ? undefined : skipped,
    stopped,
  };
}

const NO_STATE = 'there is no state';

function reasonToSkip(
  name: string,
  environment: Environment | undefined,
  { project, env }: Context,
): string | undefined {
  const path = join(stateFolder(project, name), 'terraform.tfstate');
  if (environment?.state === undefined && !holdsResources(path)) return NO_STATE;
  if (environment === undefined) return 'cdktf destroy did not run: it needs a valid environment file';
  if (findTerraform(env) === undefined) return 'cdktf destroy did not run: Terraform is not installed';
  return undefined;
}

function holdsResources(path: string): boolean {
  return existsSync(path) && !/"resources":\s*\[\]/.test(readFileSync(path, 'utf8'));
}

/** The parts have to be stopped whatever becomes of this, unless somebody wants it all to stop. */
async function destroy(name: string, context: Context): Promise<Error | undefined> {
  try {
    await runCdktf('destroy', name, context);
    return undefined;
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof Error)) throw error;
    return error;
  }
}

async function endElsewhere(
  environment: Environment,
  confirm: string | undefined,
  context: Context,
): Promise<Destruction> {
  if (environment.platform !== 'docker') await agree(environment, confirm, context);
  await runCdktf('destroy', environment.name, context);
  return { destroyed: true, stopped: [] };
}

async function agree(
  { name, platform, class: environmentClass }: Environment,
  confirm: string | undefined,
  { ask }: Context,
): Promise<void> {
  if (confirm === undefined && ask === undefined) {
    throw new UsageError(`${name} is on ${platform}; without a terminal, agree with --confirm ${name}`);
  }
  const typed =
    confirm ??
    (await ask?.(
      `Everything of ${name} (class ${environmentClass}) on ${platform} will be destroyed. Type its name: `,
    ));
  if (typed?.trim() !== name)
    throw new UsageError(`expected ${name}, got ${JSON.stringify(typed)}; nothing was destroyed`);
}
