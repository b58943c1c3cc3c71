import { judge, type Question } from '../../plan/judge.ts';
import { readPlan } from '../../plan/plan-json.ts';
import type { Rule } from '../../plan/rule.ts';
import type { Surroundings } from '../../plan/surroundings.ts';
import { readSynthesized } from '../../plan/synthesized.ts';
import { PRODUCTION, TODAY } from './support.ts';

/** Stands for a value that only the apply will know. */
export const LATER = Symbol('later');

type Values = Readonly<Record<string, unknown>>;

export interface Resource {
  readonly type: string;
  readonly name?: string;
  /** Default what the other values say: create, delete or update; no-op where they are equal. */
  readonly actions?: readonly string[];
  readonly before?: Values;
  readonly after?: Values;
  /** Marks of values that Terraform calls sensitive. */
  readonly sensitive?: Values;
  readonly reason?: string;
  readonly replacePaths?: readonly (readonly string[])[];
  /** Arguments that the configuration has as constants. */
  readonly constants?: Values;
  /** Arguments that the configuration does not have: the provider fills them in. */
  readonly unwritten?: readonly string[];
  /** Argument → address that it refers to. */
  readonly references?: Readonly<Record<string, string>>;
}

/** A plan document in the form that Terraform writes, of a few resources. */
export function planOf(resources: readonly Resource[], more: Values = {}): Values {
  const { configuration = {}, ...rest } = more as { readonly configuration?: Values };
  return {
    format_version: '1.2',
    terraform_version: '1.11.4',
    complete: true,
    resource_changes: resources.map(changeOf),
    configuration: {
      ...configuration,
      root_module: {
        ...((configuration as { root_module?: Values }).root_module ?? {}),
        resources: resources.map(configurationOf),
      },
    },
    ...rest,
  };
}

function addressOf({ type, name = 'it' }: Resource): string {
  return `${type}.${name}`;
}

function changeOf(resource: Resource): Values {
  const { type, before, after, reason, replacePaths } = resource;
  return {
    address: addressOf(resource),
    mode: 'managed',
    type,
    ...(reason === undefined ? {} : { action_reason: reason }),
    change: {
      actions: resource.actions ?? actionsOf(before, after),
      before: before ?? null,
      after: after === undefined ? null : known(after),
      after_unknown: after === undefined ? {} : marks(after),
      ...(resource.sensitive === undefined ? {} : { after_sensitive: resource.sensitive }),
      ...(replacePaths === undefined ? {} : { replace_paths: replacePaths }),
    },
  };
}

function actionsOf(before: Values | undefined, after: Values | undefined): string[] {
  if (before === undefined) return ['create'];
  if (after === undefined) return ['delete'];
  return JSON.stringify(before) === JSON.stringify(known(after)) ? ['no-op'] : ['update'];
}

function configurationOf(resource: Resource): Values {
  const { unwritten = [], after = {} } = resource;
  const arguments_ = Object.keys(after)
    .filter((key) => !unwritten.includes(key))
    .map((key) => [key, expressionOf(after[key])]);
  const constants = Object.entries(resource.constants ?? {}).map(([key, value]) => [
    key,
    { constant_value: value },
  ]);
  const references = Object.entries(resource.references ?? {}).map(([key, address]) => [
    key,
    { references: [`${address}.id`, address] },
  ]);
  return {
    address: addressOf(resource),
    mode: 'managed',
    type: resource.type,
    expressions: Object.fromEntries([...arguments_, ...constants, ...references]),
  };
}

/** Nested blocks say which of their arguments the configuration has. */
function expressionOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expressionOf);
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.keys(value).map((key) => [key, {}]));
}

function known(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(known);
  if (typeof value !== 'object' || value === null) return value === LATER ? null : value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === LATER ? [] : [[key, known(inner)]])),
  );
}

function marks(value: unknown): unknown {
  if (value === LATER) return true;
  if (Array.isArray(value)) return value.map(marks);
  if (typeof value !== 'object' || value === null) return false;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, marks(inner)]));
}

/** What one rule says of a plan in production. */
export function observe(
  rule: Rule,
  resources: readonly Resource[],
  surroundings: Partial<Surroundings> = {},
  more: Values = {},
) {
  return judged({ plan: readPlan(planOf(resources, more)), rules: [rule] }, surroundings).findings;
}

/** What one rule says of a synthesized configuration in production. */
export function observeSynthesized(rule: Rule, json: Values, surroundings: Partial<Surroundings> = {}) {
  return judged({ synthesized: readSynthesized(json), rules: [rule] }, surroundings).findings;
}

export function judged(question: Partial<Question>, surroundings: Partial<Surroundings> = {}) {
  return judge({ today: TODAY, ...question, surroundings: { ...PRODUCTION, ...surroundings } });
}

/** One case of a rule, as test/fixtures/plan/rules has it. */
export interface Fixture {
  readonly pass?: string;
  readonly fail?: string;
  readonly unknown?: string;
  /** Address and message of each finding, `plan` for the plan as a whole; none where the rule passes. */
  readonly says?: string | readonly string[];
  readonly plan?: readonly Resource[];
  readonly synthesized?: Values;
  readonly surroundings?: Values;
  /** Further keys of the plan. */
  readonly more?: Values;
}

/** `(later)` of a fixture stands for a value that only the apply will know. */
export function later(value: unknown): unknown {
  if (value === '(later)') return LATER;
  if (Array.isArray(value)) return value.map(later);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, later(inner)]));
}
