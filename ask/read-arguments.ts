import { closest, distance } from 'fastest-levenshtein';
import type { z } from 'zod';
import type { Tool } from './tool.ts';

export type Values = Readonly<Record<string, unknown>>;

export type Read = { readonly values: Values } | { readonly problems: readonly string[] };

/** Reads the arguments of one call. Every problem names the argument, what was given, and what is allowed. */
export function readArguments(tool: Tool, schema: z.ZodObject, text: string): Read {
  const parsed = parse(text);
  if ('problem' in parsed) return { problems: [parsed.problem] };
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { problems: [`the arguments must be one JSON object, got ${shown(value)}`] };
  const result = schema.safeParse(withoutNulls(value), { reportInput: true });
  return result.success
    ? { values: result.data }
    : { problems: result.error.issues.flatMap((issue) => problemsOf(issue, tool, value)) };
}

function parse(text: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: JSON.parse(text.trim() === '' ? '{}' : text) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problem: `the arguments are not JSON: ${why}. Send one complete JSON object` };
  }
}

/** Models write null for what they leave out. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  );
}

function problemsOf(issue: z.core.$ZodIssue, tool: Tool, given: object): string[] {
  const path = issue.path.map(String).join('.');
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownArgument(path === '' ? key : `${path}.${key}`, key, tool, path));
    case 'invalid_type':
      return [
        issue.input === undefined
          ? `${path}: is required${requirement(tool, path)}`
          : `${path}: must be ${inWords(issue.expected)}, got ${shown(issue.input)}`,
      ];
    case 'invalid_value':
      return [`${path}: must be ${listed(issue.values)}, got ${shown(issue.input)}`];
    case 'invalid_format':
    case 'custom':
      return [`${path}: ${issue.message}, got ${shown(issue.input)}`];
    case 'invalid_key':
      return [`${path}: ${issue.issues.map(({ message }) => message).join(', ')}`];
    case 'too_small':
      return [`${path}: must be at least ${issue.minimum}${unitOf(issue.origin)}, got ${sized(issue.input)}`];
    case 'too_big':
      return [`${path}: must be at most ${issue.maximum}${unitOf(issue.origin)}, got ${sized(issue.input)}`];
    default:
      return [`${path}: ${issue.message}, got ${shown(given)}`];
  }
}

function unknownArgument(where: string, key: string, tool: Tool, path: string): string {
  const known = Object.keys(itemsAt(tool, path));
  const written = tool.resources.some(({ body }) => key in body && !(key in tool.arguments));
  if (path === '' && written) return `${where}: is decided by the toolkit; leave it out`;
  const near = closest(key, known);
  const hint = distance(key, near) <= Math.max(2, key.length / 3) ? `did you mean ${near}? ` : '';
  return `${where}: ${tool.name} takes no such argument; ${hint}(${known.join(', ')})`;
}

function itemsAt(tool: Tool, path: string): object {
  return path === '' ? tool.arguments : (tool.arguments[path.split('.')[0] ?? '']?.items ?? {});
}

function requirement(tool: Tool, path: string): string {
  const [name = '', , inner] = path.split('.');
  const rule = inner === undefined ? tool.arguments[name] : tool.arguments[name]?.items?.[inner];
  return rule === undefined ? '' : `: ${rule.description}`;
}

const WORDS: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a whole number',
  string: 'a text',
  array: 'a list',
  record: 'an object of texts',
  object: 'an object',
};

function inWords(expected: string): string {
  return WORDS[expected] ?? expected;
}

function listed(values: readonly unknown[]): string {
  const texts = values.map((value) => JSON.stringify(value));
  return texts.length === 1 ? (texts[0] ?? '') : `one of ${texts.join(', ')}`;
}

function unitOf(origin: string): string {
  return origin === 'array' ? ' long' : '';
}

function sized(value: unknown): string {
  return Array.isArray(value) ? `${value.length}` : shown(value);
}

const LONGEST = 120;

/** A given value as messages show it. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
