import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../checks/run-program.ts';
import type { Surroundings } from '../context.ts';
import { parseJson } from '../json.ts';
import { findTerraform, terraformNames, terraformVariables } from '../programs.ts';

/** What Terraform says of a module. */
export type Validation =
  | { readonly result: 'valid'; readonly warnings: readonly string[] }
  | { readonly result: 'invalid'; readonly problems: readonly string[] }
  /** Nobody has looked: Terraform or a provider is not to be had here. */
  | { readonly result: 'unavailable'; readonly reason: string };

export interface Validated {
  /** As `terraform fmt` leaves it. */
  readonly hcl: string;
  readonly validation: Validation;
}

interface Diagnostic {
  readonly severity: string;
  readonly summary: string;
  readonly detail?: string;
  readonly snippet?: { readonly context?: string | null } | null;
}

const FILE = 'main.tf';
/** What Terraform and OpenTofu say when a provider is nowhere to be found. */
const NO_PROVIDER =
  /Failed to (?:query available|install|resolve) provider|Could not retrieve the list of available/;

/** Formats and validates modules with Terraform, in one temporary folder that is initialized once for each set of providers. */
export class Validator {
  readonly #surroundings: Surroundings;
  readonly #terraform: string | undefined;
  readonly #folder = mkdtempSync(join(tmpdir(), 'fleet-ask-'));
  /** Providers that the folder is initialized for, and what came of it. */
  #initialized: { readonly providers: string; readonly failure?: Validation } | undefined;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#terraform = findTerraform(surroundings.env);
  }

  /** @throws Interrupted */
  async validate(hcl: string, providers: readonly string[]): Promise<Validated> {
    const terraform = this.#terraform;
    if (terraform === undefined) {
      const names = terraformNames(this.#surroundings.env).join(' or ');
      const reason = `${names} is not on this host; \`fleet doctor --install\` says how to get it`;
      return { hcl, validation: { result: 'unavailable', reason } };
    }
    const file = join(this.#folder, FILE);
    writeFileSync(file, hcl);
    const formatted = await this.#run(terraform, 'fmt', '-no-color', FILE);
    if (formatted.code !== 0) return { hcl, validation: invalid(formatted.stderr) };
    const failure = await this.#initialize(terraform, providers.join(','));
    return {
      hcl: readFileSync(file, 'utf8'),
      validation: failure ?? (await this.#validation(terraform)),
    };
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #initialize(terraform: string, providers: string): Promise<Validation | undefined> {
    if (this.#initialized?.providers === providers) return this.#initialized.failure;
    this.#surroundings.progress('terraform init');
    const { code, stdout, stderr } = await this.#run(
      terraform,
      'init',
      '-backend=false',
      '-input=false',
      '-no-color',
    );
    const said = plain(stderr === '' ? stdout : stderr);
    const failure: Validation | undefined =
      code === 0
        ? undefined
        : NO_PROVIDER.test(said)
          ? {
              result: 'unavailable',
              reason: `terraform init could not get the provider ${providers}; let it reach its registry, or name a mirror in TF_CLI_CONFIG_FILE`,
            }
          : invalid(said);
    if (failure?.result !== 'invalid') this.#initialized = { providers, failure };
    return failure;
  }

  async #validation(terraform: string): Promise<Validation> {
    this.#surroundings.progress('terraform validate');
    const { stdout, stderr } = await this.#run(terraform, 'validate', '-json', '-no-color');
    const { valid, diagnostics = [] } = (parseJson(stdout) ?? {}) as {
      readonly valid?: boolean;
      readonly diagnostics?: readonly Diagnostic[];
    };
    const said = (severity: string) => diagnostics.filter((one) => one.severity === severity).map(textOf);
    if (valid === true) return { result: 'valid', warnings: said('warning') };
    const problems = said('error');
    return problems.length > 0 ? { result: 'invalid', problems } : invalid(stderr);
  }

  #run(terraform: string, ...args: readonly string[]) {
    const { env } = this.#surroundings;
    const command = { program: terraform, args, folder: this.#folder, env: terraformVariables(env) };
    return runProgram(command, this.#surroundings);
  }
}

function invalid(said: string): Validation {
  return { result: 'invalid', problems: [`terraform: ${plain(said)}`] };
}

function textOf({ summary, detail = '', snippet }: Diagnostic): string {
  const where = /resource "([^"]+)" "([^"]+)"/.exec(snippet?.context ?? '');
  const address = where === null ? '' : `${where[1]}.${where[2]}: `;
  return `${address}${summary}${detail === '' ? '' : `: ${detail.replaceAll(/\s+/g, ' ')}`}`;
}

/** One line, without the frames that Terraform draws. */
function plain(text: string): string {
  return text.replaceAll(/[╷│╵]/g, ' ').replaceAll(/\s+/g, ' ').trim();
}
