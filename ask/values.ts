import { isConstant, itemsOf, type NamedCall } from './calls.ts';
import { type Expression, literal, type Origin } from './configuration.ts';
import type { Values } from './read-arguments.ts';
import type { References } from './references.ts';
import type { ArgumentRule, Value } from './tool.ts';

/** What a rule's values are worked out of. */
export interface Scope {
  readonly call: NamedCall;
  /** The item of a list that is at hand. */
  readonly item?: Values;
  /** `ingress.0` */
  readonly itemPath?: string;
  readonly references: References;
  readonly problem: (text: string) => void;
}

export interface Worked {
  readonly value: Expression;
  readonly origin: Origin;
  readonly why?: string;
}

/** What a rule's value comes to; undefined for nothing. */
export function expressionOf(rule: Value, scope: Scope): Worked | undefined {
  if ('argument' in rule)
    return filled(
      rule.argument,
      scope.call.tool.arguments[rule.argument],
      scope.call.values,
      rule.argument,
      scope,
    );
  if ('item' in rule) return ofItem(rule.item, scope);
  const value = decided(rule, scope);
  return value === undefined
    ? undefined
    : { value, origin: 'toolkit', why: 'why' in rule ? rule.why : undefined };
}

function ofItem(name: string, scope: Scope): Worked | undefined {
  const [list = ''] = (scope.itemPath ?? '').split('.');
  const rule = scope.call.tool.arguments[list]?.items?.[name];
  return filled(name, rule, scope.item ?? {}, `${scope.itemPath}.${name}`, scope);
}

/** What the model filled, else the default. */
function filled(
  name: string,
  rule: ArgumentRule | undefined,
  values: Values,
  path: string,
  scope: Scope,
): Worked | undefined {
  const given = values[name];
  if (given === undefined) {
    if (rule?.default === undefined) return undefined;
    return { value: literal(rule.default), origin: 'default', why: rule.why };
  }
  const value = ofGiven(given, rule, path, scope);
  return value === undefined ? undefined : { value, origin: 'request' };
}

function ofGiven(
  given: unknown,
  rule: ArgumentRule | undefined,
  path: string,
  scope: Scope,
): Expression | undefined {
  if (Array.isArray(given)) {
    const items = given.flatMap((item, index) => ofGiven(item, rule, `${path}.${index}`, scope) ?? []);
    return items.length === 0 ? undefined : { kind: 'list', items };
  }
  if (typeof given === 'string' && rule?.refersTo !== undefined) {
    const found = scope.references.resolve(given, rule.refersTo);
    if (!('problem' in found)) return found;
    scope.problem(`${path}: ${found.problem}`);
    return undefined;
  }
  if (isConstant(given)) return literal(given);
  const entries = Object.entries(given as Values).map(
    ([key, inner]) => [key, literal(String(inner))] as const,
  );
  return entries.length === 0 ? undefined : { kind: 'map', entries };
}

/** What the toolkit writes whatever the request says. */
function decided(
  rule: Exclude<Value, { argument: string } | { item: string }>,
  scope: Scope,
): Expression | undefined {
  if ('fixed' in rule)
    return isConstant(rule.fixed) ? literal(rule.fixed) : { kind: 'list', items: rule.fixed.map(literal) };
  if ('of' in rule) return ofSibling(rule.of, rule.attribute, scope);
  if ('template' in rule) return { kind: 'template', parts: several(rule.template, scope) };
  if ('list' in rule) return { kind: 'list', items: several(rule.list, scope) };
  if ('map' in rule) {
    const entries = Object.entries(rule.map).flatMap(([key, inner]) => {
      const found = expressionOf(inner, scope);
      return found === undefined ? [] : [[key, found.value] as const];
    });
    return { kind: 'map', entries };
  }
  if ('json' in rule) {
    const found = expressionOf(rule.json, scope);
    return found === undefined ? undefined : { kind: 'json', value: found.value };
  }
  const items = itemsOf(scope.call, rule.each).flatMap((item, index) => {
    const found = expressionOf(rule.value, { ...scope, item, itemPath: `${rule.each}.${index}` });
    return found === undefined ? [] : [found.value];
  });
  return { kind: 'list', items };
}

function several(rules: readonly Value[], scope: Scope): Expression[] {
  return rules.flatMap((rule) => expressionOf(rule, scope)?.value ?? []);
}

/** `aws_sqs_queue#failed` is the one called so. */
function ofSibling(sibling: string, attribute: string, { call }: Scope): Expression {
  const [type = '', as] = sibling.split('#');
  const name = as === undefined ? call.local : `${call.local}_${as}`;
  return { kind: 'reference', address: `${type}.${name}`, attribute };
}
