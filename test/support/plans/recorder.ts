import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

const run = promisify(execFile);

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
  async plan(plan: PlanCase): Promise<JsonObject> {
    const provider = providerOf(plan);
    const folder = await this.#folder(provider);
    const { before, after } = configurationsOf(plan);
    const state = taint(await this.#state(folder, before), plan.taint ?? []);
    write(folder, 'terraform.tfstate', state);
    return this.#planned(folder, after, plan.args ?? []);
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

  #state(folder: string, configuration: JsonObject): Promise<State> {
    const key = JSON.stringify(configuration);
    const existing = this.#states.get(key);
    if (existing !== undefined) return existing;
    const state = this.#makeState(folder, configuration);
    this.#states.set(key, state);
    return state;
  }

  async #makeState(folder: string, configuration: JsonObject): Promise<State> {
    write(folder, 'terraform.tfstate', EMPTY_STATE);
    const plan = await this.#planned(folder, configuration, []);
    const first = stateOf(plan as unknown as CreatePlan, await this.#schemasOf(folder));
    write(folder, 'terraform.tfstate', first);
    return settled(first, (await this.#planned(folder, configuration, [])) as unknown as UpdatePlan);
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

interface State {
  readonly version: 4;
  readonly terraform_version: string;
  readonly serial: number;
  readonly lineage: string;
  readonly outputs: JsonObject;
  readonly resources: readonly StateResource[];
}

interface StateResource {
  readonly mode: string;
  readonly type: string;
  readonly name: string;
  readonly provider: string;
  readonly instances: readonly JsonObject[];
}

const EMPTY_STATE: State = {
  version: 4,
  terraform_version: '1.11.4',
  serial: 1,
  lineage: '00000000-0000-0000-0000-000000000000',
  outputs: {},
  resources: [],
};

/** The part of a plan of nothing but creations that a state is made from. */
interface CreatePlan {
  readonly planned_values: { readonly root_module: { readonly resources?: readonly PlannedResource[] } };
}

interface PlannedResource {
  readonly mode: string;
  readonly type: string;
  readonly name: string;
  readonly provider_name: string;
  readonly schema_version: number;
  readonly values: JsonObject;
}

type Type = string | readonly [string, unknown];

/** A block as `terraform providers schema -json` describes it. */
interface Block {
  readonly attributes?: Readonly<Record<string, { readonly type?: Type; readonly computed?: boolean }>>;
  readonly block_types?: Readonly<Record<string, { readonly nesting_mode: string; readonly block: Block }>>;
}

/** Blocks of resource types. */
type Schemas = ReadonlyMap<string, Block>;

function schemasIn(printed: string): Schemas {
  const { provider_schemas: providers } = JSON.parse(printed) as {
    readonly provider_schemas: Readonly<
      Record<string, { readonly resource_schemas?: Readonly<Record<string, { readonly block: Block }>> }>
    >;
  };
  return new Map(
    Object.values(providers).flatMap(({ resource_schemas: resources = {} }) =>
      Object.entries(resources).map(([type, { block }]): [string, Block] => [type, block]),
    ),
  );
}

function stateOf({ planned_values: planned }: CreatePlan, schemas: Schemas): State {
  return {
    ...EMPTY_STATE,
    resources: (planned.root_module.resources ?? []).map(
      ({ mode, type, name, provider_name: provider, schema_version, values }) => {
        const attributes = filled(values, schemas.get(type) ?? {}, `${type}-${name}`);
        const instance =
          type === 'terraform_data'
            ? withTypes({ ...attributes, output: values.input ?? null })
            : withTags(attributes);
        return {
          mode,
          type,
          name,
          provider: `provider["${provider}"]`,
          instances: [{ schema_version, attributes: instance }],
        };
      },
    ),
  };
}

interface UpdatePlan {
  readonly resource_changes: readonly {
    readonly type: string;
    readonly name: string;
    readonly change: { readonly after: JsonObject };
  }[];
}

/** The state with what one resource has from another, which was unknown while that one did not exist. */
function settled(state: State, { resource_changes: changes }: UpdatePlan): State {
  return {
    ...state,
    resources: state.resources.map((resource) => {
      const { type, name, instances } = resource;
      const change = changes.find((other) => other.type === type && other.name === name)?.change;
      if (type === 'terraform_data' || change === undefined) return resource;
      return {
        ...resource,
        instances: instances.map((instance) => ({
          ...instance,
          attributes: over(instance.attributes ?? null, change.after),
        })),
      };
    }),
  };
}

/** `known` where it says something, else what was there before. */
function over(old: Json, known: Json | undefined): Json {
  if (known === undefined || known === null) return old;
  if (Array.isArray(known))
    return known.map((value, index) => over(Array.isArray(old) ? (old[index] ?? null) : null, value));
  if (typeof known !== 'object') return known;
  const before = (old ?? {}) as JsonObject;
  const keys = new Set([...Object.keys(before), ...Object.keys(known)]);
  return Object.fromEntries(
    [...keys].map((key) => [key, over(before[key] ?? null, (known as JsonObject)[key])]),
  );
}

/** The planned values, with something of the right type for everything that only the cloud could know. */
function filled(
  values: JsonObject,
  { attributes = {}, block_types: blocks = {} }: Block,
  name: string,
): JsonObject {
  const result: Record<string, Json> = { ...values };
  for (const [key, { type, computed }] of Object.entries(attributes))
    if (computed === true && (values[key] ?? null) === null)
      result[key] = invented(key, type ?? 'string', name);
  for (const [key, { nesting_mode: mode, block }] of Object.entries(blocks)) {
    const inner = values[key];
    if (Array.isArray(inner))
      result[key] = inner.map((element) => filled(element as JsonObject, block, name));
    else if ((inner ?? null) === null && mode !== 'single') result[key] = [];
  }
  return result;
}

const NAMED = new Set(['id', 'arn', 'self_link', 'url', 'dns_name']);

function invented(key: string, type: Type, name: string): Json {
  if (Array.isArray(type)) return type[0] === 'map' ? {} : type[0] === 'object' ? null : [];
  if (type === 'string') return NAMED.has(key) ? named(key, name) : '';
  if (type === 'dynamic') return null;
  return type === 'number' ? 1 : false;
}

/** Some providers look at the form of an id. */
function named(key: string, name: string): string {
  return name.startsWith('aws_launch_template-') && key === 'id' ? `lt-${name.slice(-3)}` : `${name}-${key}`;
}

/** What a provider adds to the labels of every resource. */
function withTags(attributes: JsonObject): JsonObject {
  const { tags, labels } = attributes;
  return {
    ...attributes,
    ...('tags_all' in attributes ? { tags_all: tags ?? {} } : {}),
    ...('effective_labels' in attributes
      ? { effective_labels: labels ?? {}, terraform_labels: labels ?? {} }
      : {}),
  };
}

/** The state says the type of what may be of any type. */
function withTypes(attributes: JsonObject): JsonObject {
  const entries = Object.entries(attributes).map(([key, value]): [string, Json] => [
    key,
    key === 'id' || value === null ? value : { value, type: typeOf(value) },
  ]);
  return Object.fromEntries(entries);
}

function typeOf(value: Json): Json {
  if (Array.isArray(value)) return ['tuple', value.map(typeOf)];
  if (value === null || typeof value !== 'object') return typeof value === 'boolean' ? 'bool' : typeof value;
  return ['object', Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, typeOf(inner)]))];
}

function taint(state: State, addresses: readonly string[]): State {
  return {
    ...state,
    resources: state.resources.map((resource) => {
      const tainted = addresses.includes(`${resource.type}.${resource.name}`);
      return tainted
        ? {
            ...resource,
            instances: resource.instances.map((instance) => ({ ...instance, status: 'tainted' })),
          }
        : resource;
    }),
  };
}

function write(folder: string, file: string, content: unknown): void {
  writeFileSync(join(folder, file), JSON.stringify(content));
}
