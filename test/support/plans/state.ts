import { createHash } from 'node:crypto';
import type { Json, JsonObject } from './corpus.ts';

export interface State {
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

export const EMPTY_STATE: State = {
  version: 4,
  terraform_version: '1.11.4',
  serial: 1,
  lineage: '00000000-0000-0000-0000-000000000000',
  outputs: {},
  resources: [],
};

/** The part of a plan of nothing but creations that a state is made from. */
export interface CreatePlan {
  readonly planned_values: {
    readonly outputs?: JsonObject;
    readonly root_module: { readonly resources?: readonly PlannedResource[] };
  };
}

interface PlannedResource {
  readonly mode: string;
  readonly type: string;
  readonly name: string;
  readonly provider_name: string;
  readonly schema_version: number;
  readonly values: JsonObject;
  /** `true` in the places of values that nobody may see. */
  readonly sensitive_values?: JsonObject;
}

type Type = string | readonly [string, unknown];

/** A block as `terraform providers schema -json` describes it. */
interface Block {
  readonly attributes?: Readonly<Record<string, { readonly type?: Type; readonly computed?: boolean }>>;
  readonly block_types?: Readonly<Record<string, { readonly nesting_mode: string; readonly block: Block }>>;
}

/** Blocks of resource types. */
export type Schemas = ReadonlyMap<string, Block>;

export function schemasIn(printed: string): Schemas {
  const { provider_schemas: providers = {} } = JSON.parse(printed) as {
    readonly provider_schemas?: Readonly<
      Record<string, { readonly resource_schemas?: Readonly<Record<string, { readonly block: Block }>> }>
    >;
  };
  return new Map(
    Object.values(providers).flatMap(({ resource_schemas: resources = {} }) =>
      Object.entries(resources).map(([type, { block }]): [string, Block] => [type, block]),
    ),
  );
}

export function stateOf({ planned_values: planned }: CreatePlan, schemas: Schemas): State {
  return {
    ...EMPTY_STATE,
    outputs: planned.outputs ?? {},
    resources: (planned.root_module.resources ?? []).map(
      ({ mode, type, name, provider_name: provider, schema_version, values, sensitive_values = {} }) => {
        const attributes = filled(values, schemas.get(type) ?? {}, `${type}-${name}`);
        const instance =
          type === 'terraform_data'
            ? withTypes({ ...attributes, output: values.input ?? null })
            : asProvider(attributes);
        return {
          mode,
          type,
          name,
          provider: `provider["${provider}"]`,
          instances: [
            { schema_version, attributes: instance, sensitive_attributes: sensitivePaths(sensitive_values) },
          ],
        };
      },
    ),
  };
}

/** As the state writes them. What is there and not marked in the state is a change to Terraform. */
function sensitivePaths(marks: Json, path: readonly Json[] = []): Json[] {
  if (marks === true) return [path];
  if (Array.isArray(marks))
    return marks.flatMap((mark, index) =>
      sensitivePaths(mark, [...path, { type: 'index', value: { value: index, type: 'number' } }]),
    );
  if (marks === null || typeof marks !== 'object') return [];
  return Object.entries(marks).flatMap(([value, mark]) =>
    sensitivePaths(mark, [...path, { type: 'get_attr', value }]),
  );
}

export interface UpdatePlan {
  readonly resource_changes: readonly {
    readonly type: string;
    readonly name: string;
    readonly change: { readonly after: JsonObject };
  }[];
}

/** The state with what one resource has from another, which was unknown while that one did not exist. */
export function settled(state: State, { resource_changes: changes }: UpdatePlan): State {
  return {
    ...state,
    resources: state.resources.map((resource) => {
      const { type, name, instances } = resource;
      const change = changes.find((other) => other.type === type && other.name === name)?.change;
      if (change === undefined) return resource;
      return {
        ...resource,
        instances: instances.map((instance) => ({
          ...instance,
          attributes:
            type === 'terraform_data'
              ? builtIn(instance.attributes as JsonObject, change.after)
              : over(instance.attributes ?? null, change.after),
        })),
      };
    }),
  };
}

/** A `terraform_data` whose input or trigger is known by now. */
function builtIn(old: JsonObject, { input = null, triggers_replace = null }: JsonObject): JsonObject {
  const known = withTypes({ input, triggers_replace, output: input });
  return {
    ...old,
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null)),
  };
}

/** Google's provider remembers what the file of an object was when it was uploaded. */
export function uploaded(state: State, files: ReadonlyMap<string, string>): State {
  return {
    ...state,
    resources: state.resources.map((resource) => {
      if (resource.type !== 'google_storage_bucket_object') return resource;
      return {
        ...resource,
        instances: resource.instances.map((instance) => {
          const attributes = (instance.attributes ?? {}) as JsonObject;
          const text = files.get(String(attributes.source));
          if (text === undefined) return instance;
          const hash = createHash('md5').update(text).digest('base64');
          return {
            ...instance,
            attributes: { ...attributes, content: null, md5hash: hash, detect_md5hash: hash },
          };
        }),
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
  // Google's provider wants limits of a backend that nobody gave to be 0.
  return type === 'number' ? (name.startsWith('google_') ? 0 : 1) : false;
}

/** Some providers look at the form of an id. */
function named(key: string, name: string): string {
  return name.startsWith('aws_launch_template-') && key === 'id' ? `lt-${name.slice(-3)}` : `${name}-${key}`;
}

/** What a provider makes of what it is given: labels of every resource, the digest of an object, logging of a rule. */
function asProvider(attributes: JsonObject): JsonObject {
  const { tags, labels, content, log_config: logs } = attributes;
  return {
    ...attributes,
    ...('md5hash' in attributes && typeof content === 'string'
      ? { md5hash: createHash('md5').update(content).digest('base64') }
      : {}),
    ...('enable_logging' in attributes ? { enable_logging: Array.isArray(logs) && logs.length > 0 } : {}),
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

export function taint(state: State, addresses: readonly string[]): State {
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
