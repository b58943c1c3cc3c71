import { closest } from 'fastest-levenshtein';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { z } from 'zod';
import type { Environment } from './environment.ts';
import { environmentProblems } from './environment-rules.ts';
import { type EnvironmentDocument, EnvironmentSchema } from './environment-schema.ts';
import { existingPart, overlap, without } from './paths.ts';
import { EnvironmentError, type LocatedProblem, type Problem } from './problem.ts';
import { looksLikeKey } from './secret-rules.ts';

/** A file that holds an environment. `path` is shown in messages, its base name is the environment's name. */
export interface EnvironmentFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Parses one environment file.
 * @throws EnvironmentError with every mistake of the file, each with its line
 */
export function parseEnvironment({ path, text }: EnvironmentFile): Environment {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => Math.max(1, lines.linePos(offset).line);
  const fail = (problems: readonly LocatedProblem[]): never => {
    throw new EnvironmentError(problems);
  };

  const broken = [...document.errors, ...document.warnings].map((error) => ({
    path: [],
    message: `not valid YAML: ${describeYaml(error, text)}`,
    file: path,
    line: at(error.pos[0]),
  }));
  if (broken.length > 0) fail(broken);
  if (document.contents === null)
    fail([{ path: [], message: 'the file is empty; `fleet init` writes one', file: path, line: 1 }]);
  const aliases = aliasOffsets(document).map((offset) => ({
    path: [],
    message: 'YAML aliases are not supported: write the value out',
    file: path,
    line: at(offset),
  }));
  if (aliases.length > 0) fail(aliases.slice(0, 1));

  const value: unknown = document.toJS();
  const locate = (problem: Problem): LocatedProblem => ({
    ...problem,
    file: path,
    line: at(offsetOf(document, problem.path)),
  });
  const name = environmentName(path);
  const structural = structuralProblems(value);
  const sound = soundPart(value);
  const semantic =
    sound === undefined
      ? []
      : environmentProblems({ name, ...sound }).filter(
          ({ path: found, refersTo }) =>
            !structural.some(
              ({ path: broken }) =>
                overlap(found, broken) || (refersTo !== undefined && overlap(refersTo, broken)),
            ),
        );
  const problems = [...structural, ...semantic].map(locate).sort((a, b) => a.line - b.line);
  if (problems.length > 0) fail(problems);
  return { name, ...EnvironmentSchema.parse(value) };
}

/** `environments/prod.yaml` → `prod` */
export function environmentName(path: string): string {
  return (path.split('/').at(-1) ?? path).replace(/\.ya?ml$/, '');
}

function aliasOffsets(document: Document): number[] {
  const offsets: number[] = [];
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node)) offsets.push(node.range?.[0] ?? 0);
    },
  });
  return offsets;
}

function structuralProblems(value: unknown): Problem[] {
  const parsed = EnvironmentSchema.safeParse(value, { reportInput: true });
  return parsed.success ? [] : parsed.error.issues.flatMap(problemsOf);
}

/** What is left of a file when all that is wrong by itself is taken out, so that cross-field rules can see the rest. */
function soundPart(value: unknown): EnvironmentDocument | undefined {
  let part: unknown = value;
  for (;;) {
    const parsed = EnvironmentSchema.safeParse(part);
    if (parsed.success) return parsed.data;
    const broken = parsed.error.issues.flatMap(problemsOf).map(({ path }) => existingPart(part, path));
    if (broken.some((path) => path.length === 0)) return undefined;
    part = without(part, broken);
  }
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, knownKeys(path)) }));
  }
  if (issue.code === 'invalid_union') {
    // The alternative that knows the given keys says best what is wrong with them.
    const [nearest] = [...issue.errors].sort((a, b) => rank(a) - rank(b));
    const foreign = (nearest ?? []).filter(({ code }) => code === 'unrecognized_keys');
    return (foreign.length > 0 ? foreign : (nearest ?? [])).flatMap((inner) =>
      problemsOf({ ...inner, path: [...issue.path, ...inner.path] }),
    );
  }
  if (issue.code === 'invalid_key') {
    return [{ path, message: `not a valid name: ${issue.issues[0]?.message ?? 'see the schema'}` }];
  }
  return [{ path, message: describe(issue) }];
}

function rank(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((sum, { code }) => sum + (code === 'unrecognized_keys' ? 10 : 1), 0);
}

function describeYaml({ code, message, pos }: YAMLError, text: string): string {
  if (code === 'DUPLICATE_KEY') {
    const key = /^[^\s:,}]+/.exec(text.slice(pos[0]))?.[0] ?? 'a key';
    return `${key} is given twice in one mapping; remove one of them`;
  }
  if (code === 'MULTIPLE_DOCS')
    return 'one file holds one environment; remove the second document after `---`';
  return lowerFirst(message.split('\n')[0] ?? '');
}

/** What the schema's types are called in messages. */
const KINDS: Readonly<Record<string, string>> = {
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
};

function describe(issue: z.core.$ZodIssue): string {
  const given = shown(issue);
  if (issue.code === 'invalid_type') {
    const kind = KINDS[issue.expected] ?? issue.expected;
    return issue.input === undefined ? `is required: ${kind}` : `must be ${kind}, got ${given}`;
  }
  if (issue.code === 'invalid_value') {
    const allowed = issue.values.map(String);
    if (issue.input === undefined) return `is required: one of ${allowed.join(', ')}`;
    const hint = typeof issue.input === 'string' ? `; did you mean ${closest(issue.input, allowed)}?` : '';
    return `must be one of ${allowed.join(', ')}, got ${given}${hint}`;
  }
  if (issue.code === 'too_small') return `must be at least ${issue.minimum}, got ${given}`;
  if (issue.code === 'too_big') return `must be at most ${issue.maximum}, got ${given}`;
  return `${lowerFirst(issue.message)}, got ${given}`;
}

/** The value as it may stand in a message: never what could be a secret, never a whole section. */
function shown({ input, path }: z.core.$ZodIssue): string {
  if (input === undefined) return 'nothing';
  if (input !== null && typeof input === 'object') return Array.isArray(input) ? 'a list' : 'a mapping';
  const hidden = path[0] === 'secrets' || (typeof input === 'string' && looksLikeKey(input));
  return hidden ? 'a value that is not shown here' : JSON.stringify(input);
}

function unknownKey(key: string, known: readonly string[]): string {
  return known.includes(key)
    ? `only one of ${known.join(', ')} may be given`
    : `unknown key; did you mean ${closest(key, [...known])}? (known: ${known.join(', ')})`;
}

/** The keys that the schema knows at a path; those of all alternatives where it has several. */
function knownKeys(path: readonly (string | number)[]): string[] {
  let schema: z.ZodType | undefined = EnvironmentSchema;
  for (const key of path) schema = child(schema, key);
  return Object.keys(shapeOf(schema) ?? {});
}

function child(schema: z.ZodType | undefined, key: string | number): z.ZodType | undefined {
  const inner = unwrap(schema);
  if (inner === undefined) return undefined;
  if (inner.def.type === 'record') return (inner as z.ZodRecord).valueType as z.ZodType;
  if (inner.def.type === 'array') return (inner as z.ZodArray).element as z.ZodType;
  return shapeOf(inner)?.[String(key)];
}

function shapeOf(schema: z.ZodType | undefined): Record<string, z.ZodType> | undefined {
  const inner = unwrap(schema);
  if (inner?.def.type === 'object') return (inner as z.ZodObject).shape as Record<string, z.ZodType>;
  if (inner?.def.type !== 'union') return undefined;
  return Object.assign({}, ...(inner as z.ZodUnion).options.map((option) => shapeOf(option as z.ZodType)));
}

function unwrap(schema: z.ZodType | undefined): z.ZodType | undefined {
  let inner = schema;
  while (inner !== undefined && 'innerType' in inner.def) inner = inner.def.innerType as z.ZodType;
  return inner;
}

/** Where a path stands in the text; for a missing key, where its parent stands. */
function offsetOf(document: Document, path: Problem['path']): number {
  let node: unknown = document.contents;
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0;
  for (const key of path) {
    if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
      continue;
    }
    if (!isMap(node)) return offset;
    const pair = node.items.find(
      (item) => isPair(item) && isNode(item.key) && String(item.key) === String(key),
    );
    if (pair === undefined) return offset;
    offset = (pair.key as Node).range?.[0] ?? offset;
    node = pair.value;
  }
  return offset;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
