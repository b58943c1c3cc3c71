import type { Attribute, Block, Body, Configuration, Expression } from './configuration.ts';
import { quoted, quotedBefore } from './texts.ts';

export interface HclOptions {
  /** Say of each resource and attribute why it is there, as comments. */
  readonly explain: boolean;
  /** Begin with the versions of Terraform and the providers; a module has them once. */
  readonly header: boolean;
}

/** The configuration in HCL, formatted as `terraform fmt` does. */
export function hclOf(configuration: Configuration, { explain, header }: HclOptions): string {
  const { required, settings, resources } = configuration;
  const comment = (why: string | undefined) => (explain && why !== undefined ? commentLines(why, '') : []);
  const blocks = [
    ...(header && required.length > 0 ? [headerLines(configuration)] : []),
    ...settings.map(({ provider, body, why }) => [
      ...comment(why),
      `provider ${quoted(provider)} {`,
      ...bodyLines(body, INDENT, explain),
      '}',
    ]),
    ...resources.map(({ type, name, body, why }) => [
      ...comment(why),
      `resource ${quoted(type)} ${quoted(name)} {`,
      ...bodyLines(body, INDENT, explain),
      '}',
    ]),
  ];
  return blocks.map((lines) => `${lines.join('\n')}\n`).join('\n');
}

const INDENT = '  ';

function headerLines({ required }: Configuration): string[] {
  return [
    'terraform {',
    `${INDENT}required_providers {`,
    ...required.flatMap(({ name, source, version }) => [
      `${INDENT}${INDENT}${name} = {`,
      `${INDENT.repeat(3)}source  = ${quoted(source)}`,
      `${INDENT.repeat(3)}version = ${quoted(version)}`,
      `${INDENT}${INDENT}}`,
    ]),
    `${INDENT}}`,
    '}',
  ];
}

function bodyLines(body: Body, indent: string, explain: boolean): string[] {
  const attributes = body.filter((item): item is Attribute => item.kind === 'attribute');
  const blocks = body.filter((item): item is Block => item.kind === 'block');
  const lines = aligned(
    attributes.map(({ name, value, why }) => ({
      key: name,
      value: expression(value, indent),
      comment: explain && why !== undefined ? commentLines(why, indent) : [],
    })),
    indent,
  );
  for (const { name, body: inner, why } of blocks) {
    if (lines.length > 0) lines.push('');
    if (explain && why !== undefined) lines.push(...commentLines(why, indent));
    lines.push(`${indent}${name} {`, ...bodyLines(inner, indent + INDENT, explain), `${indent}}`);
  }
  return lines;
}

interface Line {
  readonly key: string;
  readonly value: string;
  readonly comment?: readonly string[];
}

/** Neighbours of one line each have their equals signs in one column. */
function aligned(entries: readonly Line[], indent: string): string[] {
  const lines: string[] = [];
  for (let first = 0; first < entries.length; ) {
    let next = first + 1;
    while (next < entries.length && isNeighbour(entries[next - 1], entries[next])) next += 1;
    const group = entries.slice(first, next);
    const width = Math.max(...group.map(({ key }) => widthOf(key)));
    for (const { key, value, comment = [] } of group)
      lines.push(...comment, `${indent}${key}${' '.repeat(width - widthOf(key))} = ${value}`);
    first = next;
  }
  return lines;
}

function isNeighbour(before: Line | undefined, after: Line | undefined): boolean {
  return (
    [before, after].every((line) => line !== undefined && !line.value.includes('\n')) &&
    (after?.comment ?? []).length === 0
  );
}

/** Terraform counts what a reader sees as one character. */
function widthOf(key: string): number {
  return [...new Intl.Segmenter('en').segment(key)].length;
}

function expression(value: Expression, indent: string): string {
  switch (value.kind) {
    case 'literal':
      return typeof value.value === 'string' ? quoted(value.value) : String(value.value);
    case 'reference':
      return `${value.address}.${value.attribute}`;
    case 'template':
      return `"${value.parts.map(templatePart).join('')}"`;
    case 'list':
      return listText(value.items, indent);
    case 'map':
      return mapText(value.entries, indent);
    case 'json':
      return `jsonencode(${expression(value.value, indent)})`;
  }
}

function templatePart(part: Expression): string {
  return part.kind === 'literal' && typeof part.value === 'string'
    ? quotedBefore(part.value)
    : `\${${expression(part, '')}}`;
}

function listText(items: readonly Expression[], indent: string): string {
  const plain = items.every(({ kind }) => kind !== 'map' && kind !== 'list');
  if (plain) return `[${items.map((item) => expression(item, indent)).join(', ')}]`;
  const inner = indent + INDENT;
  return `[\n${items.map((item) => `${inner}${expression(item, inner)},\n`).join('')}${indent}]`;
}

function mapText(entries: readonly (readonly [string, Expression])[], indent: string): string {
  if (entries.length === 0) return '{}';
  const inner = indent + INDENT;
  const lines = aligned(
    entries.map(([key, value]) => ({ key: keyText(key), value: expression(value, inner) })),
    inner,
  );
  return `{\n${lines.join('\n')}\n${indent}}`;
}

/** Words that would be read as something else than a name. */
const WORDS = ['for', 'in', 'if', 'null', 'true', 'false'];

function keyText(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) && !WORDS.includes(key) ? key : quoted(key);
}

function commentLines(text: string, indent: string): string[] {
  return [`${indent}# ${text}`];
}
