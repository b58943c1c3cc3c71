import type { Values } from './read-arguments.ts';
import type { Constant, ResourceRule, Tool } from './tool.ts';

/** A call that was accepted. */
export interface Call {
  readonly tool: Tool;
  /** What the model filled; what it left out is not there. */
  readonly values: Values;
}

/** A call whose resources have names in Terraform. */
export interface NamedCall extends Call {
  /** Name of its resources, as in `aws_s3_bucket.my_data`. */
  readonly local: string;
}

/** What the request calls it; settings of a provider have one of them each. */
export function nameOf({ tool, values }: Call): string {
  return tool.named === undefined ? tool.provider : String(values[tool.named]);
}

/** `My-data.2` → `my_data_2` */
export function localName(name: string): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, '_');
  const trimmed = plain.replace(/^_+|_+$/g, '');
  return /^[a-z]/.test(trimmed) ? trimmed : `r_${trimmed}`;
}

/** Gives each call a name of its own: two that would be the same are numbered. */
export function named(calls: readonly Call[]): NamedCall[] {
  const taken = new Set<string>();
  return calls.map((call) => {
    const wanted = localName(nameOf(call));
    const types = call.tool.resources.map(({ type }) => type);
    const isFree = (name: string) => types.every((type) => !taken.has(`${type}.${name}`));
    let local = wanted;
    for (let number = 2; !isFree(local); number += 1) local = `${wanted}_${number}`;
    for (const type of types) taken.add(`${type}.${local}`);
    return { ...call, local };
  });
}

/** What an argument is in the end: filled, or its default. */
export function chosen({ tool, values }: Call, argument: string): unknown {
  return values[argument] ?? tool.arguments[argument]?.default;
}

/** Whether a resource or block is wanted: always, where something is true or has something in it, or where it is a text. */
export function applies(call: Call, when: string | undefined): boolean {
  if (when === undefined) return true;
  const [argument = '', text] = when.split('=');
  const value = chosen(call, argument);
  if (text !== undefined) return value === text;
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
}

/** The items that a resource or block is repeated for; one without items where it is not. */
export function itemsOf(call: Call, each: string | undefined): readonly (Values | undefined)[] {
  if (each === undefined) return [undefined];
  return (chosen(call, each) as readonly Values[] | undefined) ?? [];
}

/** Names in Terraform of the resources that a rule makes. */
export function resourceNames({ local, ...call }: NamedCall, { as, each, when }: ResourceRule): string[] {
  if (!applies(call, when)) return [];
  const name = as === undefined ? local : `${local}_${as}`;
  return each === undefined ? [name] : itemsOf(call, each).map((_, index) => `${name}_${index + 1}`);
}

export function isConstant(value: unknown): value is Constant {
  return ['string', 'number', 'boolean'].includes(typeof value);
}
