export type JsonObject = Readonly<Record<string, unknown>>;

interface Media {
  readonly schema?: unknown;
  readonly examples?: Readonly<Record<string, { readonly $ref?: string; readonly value?: unknown }>>;
}

interface Operation {
  readonly operationId?: string;
  readonly parameters?: readonly { readonly $ref?: string }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, Media>> };
  readonly responses?: Readonly<Record<string, { readonly content?: Readonly<Record<string, Media>> }>>;
}

/** As much of an OpenAPI document as is read here. */
export interface OpenApi {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks?: Readonly<Record<string, { readonly post?: Operation }>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** One operation: what may be asked, and an example of what is answered. */
export interface RecordedOperation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly unknown[];
  readonly body?: unknown;
  readonly status: number;
  readonly answer?: unknown;
  readonly example?: unknown;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws Error for an operation that the document does not have */
export function selectOperations(api: OpenApi, ids: readonly string[]): RecordedOperation[] {
  const found = new Map<string, RecordedOperation>();
  for (const [path, methods] of Object.entries(api.paths ?? {}))
    for (const [method, operation] of Object.entries(methods)) {
      const id = operation.operationId ?? '';
      if (ids.includes(id)) found.set(id, recorded(api, id, method, path, operation));
    }
  return ids.map((id) => {
    const operation = found.get(id);
    if (operation === undefined) throw new Error(`GitHub's API has no operation ${id}`);
    return operation;
  });
}

function recorded(api: OpenApi, id: string, method: string, path: string, operation: Operation) {
  const [status, response] = Object.entries(operation.responses ?? {}).find(([code]) => code < '300') ?? [];
  const media = response?.content?.['application/json'];
  const [example] = Object.values(media?.examples ?? {});
  return {
    ...{ id, method: method.toUpperCase(), path },
    parameters: (operation.parameters ?? []).map((parameter) => bare(resolved(api, parameter))),
    body: bare(operation.requestBody?.content?.['application/json']?.schema),
    status: Number(status),
    answer: bare(media?.schema),
    example: (resolved(api, example) as { readonly value?: unknown } | undefined)?.value,
  };
}

function resolved(api: OpenApi, value: { readonly $ref?: string } | undefined): unknown {
  const [, , kind = '', name = ''] = value?.$ref?.split('/') ?? [];
  return value?.$ref === undefined ? value : api.components[kind]?.[name];
}

/** All schemas of the document that a value refers to, directly or through others. */
export function schemasOf({ components }: OpenApi, value: unknown): JsonObject {
  const found = new Map<string, unknown>();
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(visit);
    if (!isObject(part)) return;
    const name =
      typeof part.$ref === 'string' ? /^#\/components\/schemas\/(.+)$/.exec(part.$ref)?.[1] : undefined;
    if (name !== undefined && !found.has(name)) {
      const schema = bare(components.schemas?.[name]);
      found.set(name, schema);
      visit(schema);
    }
    Object.values(part).forEach(visit);
  };
  visit(value);
  return Object.fromEntries([...found].toSorted(([a], [b]) => a.localeCompare(b)));
}

/** A schema without the words that are for people. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !WORDS.has(key))
      .map(([key, inner]) => [key, key === 'properties' && isObject(inner) ? eachBare(inner) : bare(inner)]),
  );
}

/** The names of fields are no words of the schema's. */
function eachBare(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, bare(schema)]));
}

const WORDS = new Set([
  'description',
  'title',
  'summary',
  'externalDocs',
  'deprecated',
  'example',
  'examples',
]);
