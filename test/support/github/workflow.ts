import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Ran } from '../local-project.ts';

interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Workflow {
  readonly permissions: object;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly environment: string;
        readonly permissions: Readonly<Record<string, string>>;
        readonly concurrency: object;
        readonly env?: Readonly<Record<string, string>>;
        readonly steps: readonly Step[];
      }
    >
  >;
}

export function readWorkflow(path: string): Workflow {
  return parse(readFileSync(path, 'utf8')) as Workflow;
}

/** What a runner puts into the environment of a job's steps. Contexts are `inputs.model`, `vars.FLEET_AWS_REGION`. */
export function jobVariables(
  workflow: Workflow,
  contexts: Readonly<Record<string, string>>,
): Record<string, string> {
  const [job] = Object.values(workflow.jobs);
  const entries = Object.entries(job?.env ?? {});
  return Object.fromEntries(
    entries.map(([name, text]) => [
      name,
      text.replace(/\$\{\{ ([\w.]+) \}\}/g, (_, context: string) => contexts[context] ?? ''),
    ]),
  );
}

/** Runs the shell of one step as a runner does: `bash -e -o pipefail`, outputs in a file. */
export async function runStep(
  workflow: Workflow,
  name: string,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<Ran & { readonly outputs: Readonly<Record<string, string>> }> {
  const step = Object.values(workflow.jobs)
    .flatMap(({ steps }) => steps)
    .find((candidate) => candidate.name === name);
  if (step?.run === undefined) throw new Error(`no step is called ${name}`);
  const output = join(folder, 'github-output');
  writeFileSync(output, '');
  const script = join(folder, 'step.sh');
  writeFileSync(script, step.run);
  const ran = await new Promise<Ran>((done) => {
    execFile(
      'bash',
      ['--noprofile', '--norc', '-e', '-o', 'pipefail', script],
      { cwd: folder, env: { ...env, GITHUB_OUTPUT: output } },
      (error, stdout, stderr) => done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
  const lines = readFileSync(output, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => line.includes('='));
  return { ...ran, outputs: Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2))) };
}
