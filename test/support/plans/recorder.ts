import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import {
  configurationsOf,
  type Json,
  type JsonObject,
  merged,
  type PlanCase,
  type Provider,
  providerOf,
} from './corpus.ts';
import {
  type CreatePlan,
  EMPTY_STATE,
  type Schemas,
  type State,
  schemasIn,
  settled,
  stateOf,
  taint,
  type UpdatePlan,
  uploaded,
} from './state.ts';

const run = promisify(execFile);

/** The longest chain of references between resources. */
const SETTLING_PLANS = 5;

/** Texts of files that a configuration refers to, by path. */
type Files = ReadonlyMap<string, string>;

interface Circumstances extends Pick<PlanCase, 'taint' | 'args'> {
  readonly files?: { readonly before: Files; readonly after: Files };
}

/**
 * Makes plans with the real Terraform and the real provider plugins, offline: `-refresh=false`, keys that open nothing,
 * and a state that is made from the plan of the configuration before, with names for what only a cloud could know.
 */
export class PlanRecorder {
  readonly #plugins: string | undefined;
  readonly #folders = new Map<Provider, Promise<string>>();
  readonly #states = new Map<string, Promise<State>>();
  readonly #schemas = new Map<string, Promise<Schemas>>();
  #docker: Server | undefined;

  /** @param plugins - a filesystem mirror of provider plugins; absent: Terraform downloads them */
  constructor(plugins: string | undefined) {
    this.#plugins = plugins;
  }

  /** The plan of a case, as `terraform show -json` prints it, without its time stamp. */
  plan(plan: PlanCase): Promise<JsonObject> {
    return this.planBetween(providerOf(plan), configurationsOf(plan), plan);
  }

  /** The plan from one configuration to another, each with the files that it refers to. */
  async planBetween(
    provider: Provider,
    { before, after }: ReturnType<typeof configurationsOf>,
    { taint: tainted = [], args = [], files }: Circumstances = {},
  ): Promise<JsonObject> {
    const folder = await this.#folder(provider);
    const there = await this.#state(folder, before, files?.before ?? new Map());
    write(folder, 'terraform.tfstate', taint(there, tainted));
    put(folder, files?.after ?? new Map());
    return this.#planned(folder, after, args);
  }

  async end(): Promise<void> {
    this.#docker?.close();
    for (const folder of this.#folders.values()) rmSync(await folder, { recursive: true, force: true });
  }

  #folder(provider: Provider): Promise<string> {
    const existing = this.#folders.get(provider);
    if (existing !== undefined) return existing;
    const folder = Promise.resolve(mkdtempSync(join(tmpdir(), `fleet-plans-${provider}-`)));
    this.#folders.set(provider, folder);
    return folder;
  }

  #state(folder: string, configuration: JsonObject, files: Files): Promise<State> {
    const key = JSON.stringify(configuration);
    const existing = this.#states.get(key);
    if (existing !== undefined) return existing;
    const state = this.#makeState(folder, configuration, files);
    this.#states.set(key, state);
    return state;
  }

  async #makeState(folder: string, configuration: JsonObject, files: Files): Promise<State> {
    put(folder, files);
    write(folder, 'terraform.tfstate', EMPTY_STATE);
    const plan = await this.#planned(folder, configuration, []);
    const first = uploaded(stateOf(plan as unknown as CreatePlan, await this.#schemasOf(folder)), files);
    return this.#settle(folder, configuration, first);
  }

  /** What refers to something that was unknown is known one plan later, and what refers to that, after another. */
  async #settle(folder: string, configuration: JsonObject, first: State): Promise<State> {
    let state = first;
    for (let round = 0; round < SETTLING_PLANS; round += 1) {
      write(folder, 'terraform.tfstate', state);
      const next = settled(state, (await this.#planned(folder, configuration, [])) as unknown as UpdatePlan);
      if (JSON.stringify(next) === JSON.stringify(state)) break;
      state = next;
    }
    return state;
  }

  async #planned(folder: string, configuration: JsonObject, args: readonly string[]): Promise<JsonObject> {
    write(folder, 'main.tf.json', withoutBackend(configuration));
    if (JSON.stringify(configuration).includes('kreuzwerker')) await this.#answerPings(folder);
    if (!existsSync(join(folder, '.terraform.lock.hcl')))
      await this.#terraform(
        folder,
        'init',
        '-input=false',
        ...(this.#plugins === undefined ? [] : [`-plugin-dir=${this.#plugins}`]),
      );
    await this.#terraform(
      folder,
      'plan',
      '-refresh=false',
      '-input=false',
      '-lock=false',
      '-out=plan',
      ...args,
    );
    const { stdout } = await this.#terraform(folder, 'show', '-json', 'plan');
    const { timestamp: _time, ...plan } = JSON.parse(stdout) as Record<string, Json>;
    return plan;
  }

  #schemasOf(folder: string): Promise<Schemas> {
    const existing = this.#schemas.get(folder);
    if (existing !== undefined) return existing;
    const schemas = this.#terraform(folder, 'providers', 'schema', '-json').then(({ stdout }) =>
      schemasIn(stdout),
    );
    this.#schemas.set(folder, schemas);
    return schemas;
  }

  #terraform(cwd: string, ...args: readonly string[]): Promise<{ stdout: string }> {
    const { TF_CLI_CONFIG_FILE: _absent, ...env } = process.env;
    const binary = process.env.TERRAFORM_BINARY_NAME ?? 'terraform';
    return run(binary, [...args, '-no-color'], {
      cwd,
      env: { ...env, CHECKPOINT_DISABLE: '1' },
      maxBuffer: 1e9,
    });
  }

  /** The Docker provider asks its host for a sign of life, and for nothing else while it plans. */
  async #answerPings(folder: string): Promise<void> {
    if (this.#docker !== undefined) return;
    const server = createServer((_request, response) =>
      response.writeHead(200, { 'api-version': '1.47' }).end('OK'),
    );
    this.#docker = server;
    await new Promise<void>((listening) => server.listen(join(folder, 'docker.sock'), listening));
  }
}

/** Plans are made from a state at hand; where it is kept otherwise is judged by the configuration alone. */
function withoutBackend(configuration: JsonObject): JsonObject {
  return merged(configuration, { terraform: { backend: null } });
}

function put(folder: string, files: Files): void {
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

function write(folder: string, file: string, content: unknown): void {
  writeFileSync(join(folder, file), JSON.stringify(content));
}
