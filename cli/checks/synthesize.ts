import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Values } from '../../plan/view.ts';
import type { Context, Variables } from '../context.ts';
import { Failure, UsageError } from '../errors.ts';
import { terraformVariables } from '../programs.ts';
import { hidingSecrets } from './hiding-secrets.ts';
import { runProgram } from './run-program.ts';

export interface SynthesizedStack {
  /** The folder that Terraform runs in. */
  readonly folder: string;
  /** Its cdk.tf.json. */
  readonly json: Values;
}

export interface SynthesizeOptions {
  /** @default - named as the environment */
  readonly stack?: string;
  readonly variables?: Variables;
}

const OUTPUT = 'cdktf.out';

/**
 * Synthesizes one environment as `cdktf synth` does: the program that cdktf.json names, into cdktf.out.
 * @throws Failure with what the program said
 */
export async function synthesize(
  environment: string,
  context: Context,
  { stack = environment, variables = {} }: SynthesizeOptions = {},
): Promise<SynthesizedStack> {
  const { project } = context;
  const { app } = JSON.parse(readFileSync(join(project, 'cdktf.json'), 'utf8')) as { app?: string };
  if (app === undefined)
    throw new UsageError('cdktf.json names no `app` to synthesize with; `--file-only` does without');
  const { code, stdout, stderr } = await runProgram(
    {
      program: app,
      args: [],
      folder: project,
      shell: true,
      env: {
        ...terraformVariables(context.env),
        ...variables,
        FLEET_ENVIRONMENTS: environment,
        CDKTF_OUTDIR: OUTPUT,
      },
    },
    context,
  );
  if (code !== 0)
    throw new Failure(
      `${stack} cannot be synthesized:\n${hidingSecrets(context.env)(stderr.trim() || stdout.trim())}`,
    );
  const folder = join(project, OUTPUT, 'stacks', stack);
  return { folder, json: JSON.parse(readFileSync(join(folder, 'cdk.tf.json'), 'utf8')) as Values };
}
