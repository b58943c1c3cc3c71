import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Context } from '../context.ts';
import { Failure } from '../errors.ts';
import { findTerraform, terraformNames, terraformVariables } from '../programs.ts';
import { hidingSecrets } from './hiding-secrets.ts';
import { runProgram } from './run-program.ts';

/**
 * The plan of a synthesized stack, as `terraform show -json` prints it. It takes no lock: it changes nothing, and an
 * identity that may only read cannot take one. The plan itself is in a folder of its own that only its owner may enter,
 * and gone afterwards.
 * @throws Failure with Terraform's diagnostics, without the lines of the configuration that they quote
 */
export async function terraformPlan(stackFolder: string, context: Context): Promise<unknown> {
  const run = terraformIn(stackFolder, context);
  const folder = mkdtempSync(join(tmpdir(), 'fleet-check-'));
  const file = join(folder, 'plan');
  try {
    context.progress('terraform init');
    await run('init', '-input=false', '-no-color');
    context.progress('terraform plan');
    await run('plan', '-json', '-input=false', '-lock=false', `-out=${file}`);
    return JSON.parse(await run('show', '-json', '-no-color', file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs Terraform in a folder, and gives what it prints.
 * @throws Failure with its diagnostics, without the lines of the configuration that they quote
 */
export function terraformIn(
  folder: string,
  context: Context,
): (...args: readonly string[]) => Promise<string> {
  const terraform = findTerraform(context.env);
  if (terraform === undefined)
    throw new Failure(
      `${terraformNames(context.env).join(' or ')} is needed to plan; \`fleet check --synth-only\` does without`,
    );
  const hide = hidingSecrets(context.env);
  return async (...args) => {
    const output = await runProgram(
      { program: terraform, args, folder, env: terraformVariables(context.env) },
      context,
    );
    if (output.code === 0) return output.stdout;
    throw new Failure(
      `terraform ${args[0]} failed:\n${hide(diagnosticsOf(output.stdout) || withoutQuotations(output.stderr))}`,
    );
  };
}

/** What `terraform init` says, without the lines of the configuration and the values that it quotes. */
function withoutQuotations(stderr: string): string {
  return stripVTControlCharacters(stderr)
    .split('\n')
    .map((line) => line.replace(/^[╷│╵] ?/, ''))
    .filter((line) => !/^\s*(?:\d+:|├─|│)/.test(line))
    .join('\n')
    .trim();
}

interface Diagnostic {
  readonly severity: string;
  readonly summary: string;
  readonly detail?: string;
  readonly address?: string;
}

/** Errors of `terraform plan -json`. The configuration that they quote is left out: a line of it may hold anything. */
function diagnosticsOf(stdout: string): string {
  return stdout
    .split('\n')
    .filter((line) => line.includes('"diagnostic"'))
    .map((line) => (JSON.parse(line) as { readonly diagnostic: Diagnostic }).diagnostic)
    .filter(({ severity }) => severity === 'error')
    .map(({ summary, detail = '', address }) =>
      [address === undefined ? summary : `${address}: ${summary}`, detail]
        .filter((part) => part !== '')
        .join('\n'),
    )
    .join('\n');
}
