import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import {
  BOOTSTRAP_OUTPUT,
  BOOTSTRAP_VARIABLE,
  type BootstrapRequest,
  bootstrapStack,
  bootstrapStateFile,
} from '../../contracts/bootstrap.ts';
import type { Environment } from '../../contracts/environment.ts';
import type { Judgement } from '../../plan/judge.ts';
import { judgedBootstrap } from '../bootstrap/judged.ts';
import { repositoryOf } from '../bootstrap/repository.ts';
import { type Standing, standingOf } from '../bootstrap/where.ts';
import { synthesize } from '../checks/synthesize.ts';
import { terraformIn } from '../checks/terraform-plan.ts';
import type { Context } from '../context.ts';
import { Failure, Interrupted, UsageError } from '../errors.ts';
import { readEnvironment, stateFolder } from '../project.ts';

export interface BootstrapFlags {
  /** `ORG/REPO`. @default - that of the remote `origin` */
  readonly repository?: string;
  /** AWS: whether the account's identity provider of GitHub is made here. @default - with the bucket */
  readonly githubProvider?: 'made' | 'existing';
  readonly yes: boolean;
  /** Show what would happen, and change nothing. */
  readonly dryRun: boolean;
}

export interface BootstrapResult {
  readonly environment: string;
  readonly repository: string;
  readonly bucket: string;
  /** Whether this environment made the bucket, or makes it. */
  readonly makesBucket: boolean;
  readonly changes: Judgement['summary']['changes'];
  /** What `fleet check` found in the plan. */
  readonly findings: Judgement['findings'];
  readonly applied: boolean;
  /** Variables of GitHub's environments, by their name. Absent where nothing was applied. */
  readonly variables?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const Variables = z.record(z.string(), z.string());
const Outputs = z.object({
  [BOOTSTRAP_OUTPUT]: z.object({ value: z.object({ plan: Variables, deploy: Variables }) }),
});

/**
 * Makes the bucket that an environment's state is kept in, and the identities of its workflows: one that may read, one
 * that may deploy. The second run changes nothing.
 * @throws UsageError, EnvironmentError, CloudError, Failure, Interrupted
 */
export async function bootstrap(
  name: string,
  flags: BootstrapFlags,
  context: Context,
): Promise<BootstrapResult> {
  const environment = readEnvironment(context.project, name);
  const repository = await repositoryOf(flags.repository, context);
  const given = flags.githubProvider === undefined ? undefined : flags.githubProvider === 'made';
  const standing = await standingOf(environment, given, context);
  const stack = new BootstrapFolder(environment, { repository, ...standing }, context);
  const plans = mkdtempSync(join(tmpdir(), 'fleet-bootstrap-'));
  try {
    const file = join(plans, 'plan');
    const { findings, summary, verdict } = judgedBootstrap(await stack.plan(file), environment, context);
    const result = {
      ...{ environment: name, repository, findings, changes: summary.changes },
      ...{ bucket: standing.object.bucket, makesBucket: standing.bucket },
    };
    if (verdict === 'deny')
      throw new Failure(
        `${findings.map(({ rule, address, message }) => `${address ?? 'plan'}: ${message} (${rule})`).join('\n')}\nnothing was changed`,
      );
    if (flags.dryRun) return { ...result, applied: false };
    if (!summary.empty) {
      await confirm(environment, summary.changes, flags.yes, context);
      await stack.apply(file);
    }
    if (standing.state === 'file') await stack.moveState(standing);
    const { plan, deploy } = Outputs.parse(JSON.parse(await stack.outputs()))[BOOTSTRAP_OUTPUT].value;
    return {
      ...result,
      applied: !summary.empty,
      variables: { [`${name}-check`]: plan, [name]: deploy },
    };
  } finally {
    rmSync(plans, { recursive: true, force: true });
  }
}

async function confirm(
  { name, platform }: Environment,
  changes: BootstrapResult['changes'],
  yes: boolean,
  { ask, progress }: Context,
): Promise<void> {
  for (const { action, address } of changes) progress(`${action.padEnd(8)} ${address}`);
  if (yes) return;
  if (ask === undefined)
    throw new UsageError(`${name} is on ${platform}; without a terminal, agree with --yes`);
  const answer = await ask(`Change ${changes.length} resources of ${platform} for ${name}? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new Failure('nothing was changed');
}

/** The bootstrap stack of an environment, where Terraform runs it. */
class BootstrapFolder {
  readonly #environment: Environment;
  readonly #request: BootstrapRequest;
  readonly #context: Context;
  #run: ((...args: readonly string[]) => Promise<string>) | undefined;

  constructor(environment: Environment, request: BootstrapRequest, context: Context) {
    this.#environment = environment;
    this.#request = request;
    this.#context = context;
  }

  async plan(file: string): Promise<unknown> {
    const { name } = this.#environment;
    mkdirSync(stateFolder(this.#context.project, name), { recursive: true });
    const run = await this.#synthesize(this.#request.state);
    this.#context.progress('terraform init');
    await run('init', '-input=false', '-no-color', '-reconfigure');
    this.#context.progress('terraform plan');
    await run('plan', '-json', '-input=false', `-out=${file}`);
    return JSON.parse(await run('show', '-json', '-no-color', file));
  }

  /** @throws Interrupted: what was made by then is in the state */
  async apply(file: string): Promise<void> {
    this.#context.progress('terraform apply');
    try {
      await this.#run?.('apply', '-json', '-input=false', file);
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      throw new Interrupted(
        `interrupted; what was made by then is in the state. Go on with \`fleet bootstrap ${this.#environment.name}\``,
      );
    }
  }

  /** Into the bucket, now that it is there; the file goes when the bucket has it. */
  async moveState({ kept, object }: Standing): Promise<void> {
    const run = await this.#synthesize('bucket');
    this.#context.progress(`moving the state into ${object.bucket}`);
    await run('init', '-input=false', '-no-color', '-migrate-state', '-force-copy');
    if (!(await kept()))
      throw new Failure(`the state did not arrive in ${object.bucket}; it is still in a file`);
    const file = join(this.#context.project, bootstrapStateFile(this.#environment.name));
    for (const path of [file, `${file}.backup`]) rmSync(path, { force: true });
  }

  async outputs(): Promise<string> {
    return (await this.#run?.('output', '-json', '-no-color')) ?? '{}';
  }

  async #synthesize(state: BootstrapRequest['state']) {
    const { name } = this.#environment;
    const { repository, bucket, provider } = this.#request;
    this.#context.progress('synthesizing');
    const { folder } = await synthesize(name, this.#context, {
      stack: bootstrapStack(name),
      variables: { [BOOTSTRAP_VARIABLE]: JSON.stringify({ repository, bucket, provider, state }) },
    });
    this.#run = terraformIn(folder, this.#context);
    return this.#run;
  }
}
