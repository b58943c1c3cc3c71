import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fchmodSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { follow } from '../parts/logs.ts';
import type { Context, Variables } from './context.ts';
import { errorsOf, progressOf } from './deploy-output.ts';
import { Failure, Interrupted } from './errors.ts';
import { terraformVariables } from './programs.ts';
import { stateFolder } from './project.ts';
import { stopTerraform } from './stop-terraform.ts';

export type Verb = 'deploy' | 'destroy';

/** Where a run's output is kept, seen from the project's folder. */
export function logOf(environment: string, verb: Verb): string {
  return join('.fleet', environment, `${verb}.log`);
}

/**
 * Runs `cdktf deploy` or `cdktf destroy` for one environment to its end. The output goes to a file, so that
 * neither a closed terminal nor the end of fleet can disturb Terraform while it holds the state. No lock file is
 * made for other platforms: it would be build output, and a mirror of providers often has but one.
 * @throws Failure with what cdktf, Terraform or a provisioner said; Interrupted after Ctrl-C or SIGTERM, when Terraform has ended
 */
export async function runCdktf(verb: Verb, environment: string, context: Context): Promise<void> {
  mkdirSync(stateFolder(context.project, environment), { recursive: true });
  const log = join(context.project, logOf(environment, verb));
  const output = openSync(log, 'w', 0o600);
  fchmodSync(output, 0o600);
  const following = new AbortController();
  const followed = follow(log, (line) => report(line, context), following.signal);
  const child = spawn(
    process.execPath,
    [
      cdktfProgram(context.toolkit),
      verb,
      environment,
      '--auto-approve',
      '--no-color',
      '--skip-provider-lock',
      '--output',
      'cdktf.out',
    ],
    {
      cwd: context.project,
      env: cdktfVariables(verb, environment, context.env),
      detached: true,
      stdio: ['ignore', output, output],
    },
  );
  closeSync(output);
  const interruption = stopTerraform(child, context);
  context.progress('synthesizing');
  const exitCode = await ended(child);
  interruption.end();
  following.abort();
  await followed;
  if (interruption.happened()) {
    throw new Interrupted(
      `interrupted; Terraform has ended and kept its state. Go on with \`fleet up ${environment}\` or undo with \`fleet down ${environment}\``,
    );
  }
  if (exitCode !== 0) {
    throw new Failure(
      [
        ...errorsOf(readFileSync(log, 'utf8'), environment),
        `cdktf ${verb} failed; all of its output: ${logOf(environment, verb)}`,
      ].join('\n'),
    );
  }
}

function report(line: string, { progress }: Context): void {
  const step = progressOf(line);
  if (step !== undefined) progress(step);
}

/** The exit code; 1 for a process that a signal ended. */
async function ended(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}

function cdktfProgram(toolkit: string): string {
  const manifest = createRequire(join(toolkit, 'package.json')).resolve('cdktf-cli/package.json');
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { cdktf: string } };
  return join(dirname(manifest), bin.cdktf);
}

/**
 * CI=1 makes cdktf print each line once, instead of drawing the same screen over and over. FLEET_DESTROYING makes
 * `main.ts` protect no release that serves: `fleet down` has asked already.
 */
function cdktfVariables(verb: Verb, environment: string, env: Variables): Variables {
  return {
    ...terraformVariables(env),
    CI: '1',
    FLEET_ENVIRONMENTS: environment,
    FLEET_DESTROYING: verb === 'destroy' ? '1' : undefined,
  };
}
