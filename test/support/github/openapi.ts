import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { ROOT } from '../local-project.ts';

type Json = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Json;
}

export interface Operation {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body?: Json;
  readonly status: number;
  readonly answer?: Json;
  readonly example?: unknown;
}

/** A request that GitHub's own description of its API allows. */
export interface Asked {
  readonly operation: Operation;
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Json;
}

interface RecordedApi {
  readonly operations: readonly Operation[];
  readonly schemas: Json;
}

export function recordedFile(name: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, 'test/fixtures/github', `${name}.json`), 'utf8'));
}

/** Validators of schemas that refer to the schemas beside them. */
export function validatorOf(schemas: Json): (schema: Json) => ValidateFunction {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ ...(absolute({ components: { schemas } }) as Json), $id: 'recorded' });
  const known = new Map<Json, ValidateFunction>();
  return (schema) => {
    const found = known.get(schema) ?? ajv.compile(absolute(schema) as Json);
    known.set(schema, found);
    return found;
  };
}

function absolute(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(absolute);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = value as { readonly nullable?: unknown };
  if (nullable === true && !('type' in rest)) return { anyOf: [{ type: 'null' }, absolute(rest)] };
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key === '$ref' && typeof inner === 'string') return [key, `recorded${inner}`];
      // OpenAPI means that null is one of them.
      if (key === 'enum' && nullable === true && Array.isArray(inner)) return [key, [...inner, null]];
      return [key, absolute(inner)];
    }),
  );
}

/** GitHub takes fields that it does not know and forgets them; whoever sends one has made a mistake. */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]));
  return 'properties' in inner && !('additionalProperties' in inner)
    ? { ...inner, additionalProperties: false }
    : inner;
}

const api = recordedFile('api') as RecordedApi;
const validator = validatorOf(api.schemas);
const bodies = new Map(
  api.operations.map(({ id, body }) => [id, body === undefined ? undefined : (strict(body) as Json)]),
);

/** @throws Error that says what GitHub's description has against the request */
export function checkRequest(method: string, url: URL, body: Json | undefined): Asked {
  const [operation, path] = find(method, url.pathname);
  const query = Object.fromEntries(url.searchParams);
  for (const { name, in: where, schema, required } of operation.parameters) {
    const text = where === 'path' ? path[name] : where === 'query' ? query[name] : undefined;
    if (text === undefined && required === true && where !== 'header')
      throw new Error(`${operation.id}: ${where} parameter ${name} is missing`);
    if (text !== undefined) hold(`${operation.id} ${name}`, schema, typed(schema, text));
  }
  const names = operation.parameters.map(({ name }) => name);
  const unknown = Object.keys(query).filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`${operation.id}: no query parameter ${unknown.join(', ')}`);
  const schema = bodies.get(operation.id);
  if (body !== undefined && schema === undefined) throw new Error(`${operation.id}: takes no body`);
  if (schema !== undefined) hold(`${operation.id} body`, schema, body ?? {});
  return { operation, path, query, body: body ?? {} };
}

/** @throws Error where the stand-in itself answers what GitHub would not */
export function checkAnswer({ id, answer }: Operation, value: unknown): void {
  if (answer !== undefined) hold(`${id} answer`, answer, value);
}

/** GitHub's own example of an answer, to be changed where it matters. */
export function exampleOf(id: string): Json {
  const example = api.operations.find((operation) => operation.id === id)?.example;
  return structuredClone(Array.isArray(example) ? example[0] : example) as Json;
}

function find(method: string, pathname: string): [Operation, Readonly<Record<string, string>>] {
  for (const operation of api.operations) {
    const names: string[] = [];
    const pattern = operation.path
      .replaceAll(/[.]/g, '\\.')
      .replaceAll(/\{(\w+)\}/g, (_all, name: string) => {
        names.push(name);
        return name === 'path' || name === 'ref' || name === 'basehead' ? '(.+)' : '([^/]+)';
      });
    const found = operation.method === method ? new RegExp(`^${pattern}$`).exec(pathname) : null;
    if (found !== null)
      return [
        operation,
        Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')])),
      ];
  }
  throw new Error(`no operation is ${method} ${pathname}`);
}

function typed({ type }: Json, text: string): unknown {
  return type === 'integer' ? Number(text) : type === 'boolean' ? text === 'true' : text;
}

function hold(what: string, schema: Json, value: unknown): void {
  const validate = validator(schema);
  if (validate(value)) return;
  const errors = (validate.errors ?? []).slice(0, 4);
  throw new Error(`${what}: ${errors.map((error) => `${error.instancePath} ${error.message}`).join('; ')}`);
}
