import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cloudSection } from '../../contracts/cloud-section.ts';
import type { Environment } from '../../contracts/environment.ts';
import type { CloudFinding } from '../clouds/doctor/check.ts';
import { openCloud } from '../clouds/open-cloud.ts';
import type { Context } from '../context.ts';
import { Failure } from '../errors.ts';
import { findProgram } from '../programs.ts';
import { readEnvironment } from '../project.ts';
import { examine, type Finding, requirementsOf } from '../requirements.ts';
import { thisSystem } from '../system.ts';

const LAST_LINES = 15;

export interface DoctorResult {
  readonly environment: string;
  readonly complete: boolean;
  readonly requirements: readonly Finding[];
  /** What was found in the cloud; absent on one's own hosts. */
  readonly cloud?: readonly CloudFinding[];
  /** Packages that were installed by this call. */
  readonly installed: readonly string[];
}

/**
 * Looks for all that an environment needs on this host and in its cloud; with `install` brings what is missing on this
 * host, where it can.
 * @throws EnvironmentError, UsageError, Failure when the installation fails
 */
export async function doctor(name: string, install: boolean, context: Context): Promise<DoctorResult> {
  const { env } = context;
  const environment = readEnvironment(context.project, name);
  const requirements = requirementsOf(environment, env);
  const look = () => examine(requirements, env, thisSystem());
  const before = await look();
  const packages = before.flatMap(({ state, debianPackage }) =>
    state === 'found' ? [] : (debianPackage ?? []),
  );
  const installs = install && packages.length > 0 && thisSystem().family === 'debian';
  if (installs) await installPackages(packages, context);
  const findings = installs ? await look() : before;
  const cloud = await examineIfCloud(environment, context);
  return {
    environment: name,
    complete: [...findings, ...(cloud ?? [])].every(({ state }) => state === 'found'),
    requirements: findings,
    cloud,
    installed: installs ? packages : [],
  };
}

async function examineIfCloud(
  environment: Environment,
  { env, progress }: Context,
): Promise<CloudFinding[] | undefined> {
  if (cloudSection(environment) === undefined) return undefined;
  progress(`asking ${environment.platform} with your credentials`);
  const { examineCloud } = await import('../clouds/doctor/examine.ts');
  return examineCloud(environment, await openCloud(environment, env));
}

async function installPackages(packages: readonly string[], context: Context): Promise<void> {
  const { toolkit, progress } = context;
  const root = thisSystem().root;
  if (!root && !(await succeeds('sudo', ['-n', 'true'], context))) {
    throw new Failure(
      `installing needs root: run \`sudo apt-get install -y --no-install-recommends ${packages.join(' ')}\``,
    );
  }
  const script = join(toolkit, 'cli', 'install-debian.sh');
  const command = [...(root ? [] : ['sudo', '-n']), 'sh', script, ...packages];
  progress('apt-get update');
  progress(
    `apt-get install -y --no-install-recommends ${packages.join(' ')} (their services are not started)`,
  );
  const { exitCode, lines } = await run(command, context);
  if (exitCode !== 0) {
    throw new Failure([...lines.slice(-LAST_LINES), `apt-get failed with exit code ${exitCode}`].join('\n'));
  }
}

async function succeeds(program: string, args: readonly string[], context: Context): Promise<boolean> {
  return (
    findProgram(program, context.env) !== undefined && (await run([program, ...args], context)).exitCode === 0
  );
}

/** Runs a program to its end. Ctrl-C reaches it through the terminal; fleet waits until it has put things right. */
async function run(
  [program = '', ...args]: readonly string[],
  { env, onInterrupt }: Context,
): Promise<{ readonly exitCode: number; readonly lines: readonly string[] }> {
  const child = spawn(program, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const unregister = onInterrupt(() => child.kill('SIGTERM'));
  const printed: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => printed.push(text));
  const [code] = (await once(child, 'close')) as [number | null];
  unregister();
  return { exitCode: code ?? 1, lines: printed.join('').trimEnd().split('\n') };
}
