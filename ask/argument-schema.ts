import { z } from 'zod';
import { type Format, ONE_LINE, RESOURCE_NAME } from './formats.ts';
import { attributeAt, type ProviderSchema } from './provider-schema.ts';
import type { ArgumentRule, Arguments, Tool } from './tool.ts';

/** A tool as the model sees it. */
export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  /** JSON Schema, draft 7. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A tool whose arguments do not fit the provider's schema. A mistake in the tool, never of the model. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/**
 * The schema of a tool's arguments: types from the provider, narrowed by the tool.
 * @throws ToolError
 */
export function argumentsSchema(tool: Tool, schemas: readonly ProviderSchema[]): z.ZodObject {
  return objectOf(tool.arguments, tool, schemas, '');
}

/** @throws ToolError */
export function definitionOf(tool: Tool, schemas: readonly ProviderSchema[]): ToolDefinition {
  const { $schema: _, ...parameters } = z.toJSONSchema(argumentsSchema(tool, schemas), {
    target: 'draft-7',
    io: 'input',
  });
  return { name: tool.name, description: tool.description, parameters };
}

function objectOf(
  rules: Arguments,
  tool: Tool,
  schemas: readonly ProviderSchema[],
  path: string,
): z.ZodObject {
  const entries = Object.entries(rules).map(([name, rule]) => {
    const where = path === '' ? name : `${path}.${name}`;
    const { description, default: fallback } = rule;
    const schema = typed(rule, tool, schemas, where).meta({
      description,
      ...(fallback === undefined ? {} : { default: fallback }),
    });
    return [name, rule.required === true ? schema : schema.optional()] as const;
  });
  return z.strictObject(Object.fromEntries(entries));
}

function typed(rule: ArgumentRule, tool: Tool, schemas: readonly ProviderSchema[], where: string): z.ZodType {
  switch (rule.type ?? providerType(rule, tool, schemas, where)) {
    case 'bool':
      return z.boolean();
    case 'number':
      return rule.choices === undefined ? wholeNumber(rule) : z.literal([...rule.choices]);
    case 'string':
      return text(rule);
    case 'strings':
      return limited(z.array(text(rule)), rule);
    case 'texts by name':
      return z.record(formatted(rule.keys ?? ONE_LINE), formatted(rule.format ?? ONE_LINE));
    case 'items':
      return limited(z.array(objectOf(rule.items ?? {}, tool, schemas, where)), rule);
    default:
      throw new ToolError(`${tool.name}.${where}: no argument has this type of the provider`);
  }
}

/** @throws ToolError for an attribute that the provider does not know, or does not take */
function providerType(
  { from }: ArgumentRule,
  tool: Tool,
  schemas: readonly ProviderSchema[],
  where: string,
): string | undefined {
  const attribute = from === undefined ? undefined : attributeAt(schemas, tool.provider, from);
  if (attribute === undefined)
    throw new ToolError(`${tool.name}.${where}: ${from} is not in the provider's schema`);
  if (attribute.required !== true && attribute.optional !== true)
    throw new ToolError(`${tool.name}.${where}: ${from} is read-only`);
  const { type } = attribute;
  if (typeof type === 'string') return type;
  if (type?.[1] !== 'string') return undefined;
  return type[0] === 'map' ? 'texts by name' : 'strings';
}

function wholeNumber({ least, most }: ArgumentRule): z.ZodType {
  return z
    .int()
    .min(least ?? 0)
    .max(most ?? Number.MAX_SAFE_INTEGER);
}

function limited(list: z.ZodArray, { least = 0, most = 100 }: ArgumentRule): z.ZodType {
  return list.min(least).max(most);
}

function text({ choices, format, refersTo }: ArgumentRule): z.ZodType {
  if (choices !== undefined) return z.enum(choices.map(String));
  return formatted(refersTo === undefined ? (format ?? ONE_LINE) : RESOURCE_NAME);
}

function formatted({ pattern, words, example, never }: Format): z.ZodType<string, string> {
  const plain = z.string().regex(new RegExp(pattern, 'u'), {
    error: `must be ${words}, for instance ${JSON.stringify(example)}`,
  });
  if (never === undefined) return plain;
  return plain.refine((value) => !new RegExp(never.pattern, 'u').test(value), { error: never.words });
}
