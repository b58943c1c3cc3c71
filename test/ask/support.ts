import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { argumentsSchema } from '../../ask/argument-schema.ts';
import type { Call } from '../../ask/calls.ts';
import { TOOLS } from '../../ask/catalogue.ts';
import { type Format, ONE_LINE } from '../../ask/formats.ts';
import { attributeAt } from '../../ask/provider-schema.ts';
import { readArguments, type Values } from '../../ask/read-arguments.ts';
import { PROVIDER_SCHEMAS } from '../../ask/schemas.ts';
import type { ArgumentRule, Arguments, Tool } from '../../ask/tool.ts';
import { ROOT } from '../support/local-project.ts';

/** Texts that mean something in HCL. */
export const HOSTILE_TEXTS: readonly string[] = JSON.parse(
  readFileSync(join(ROOT, 'test/fixtures/ask/hostile-texts.json'), 'utf8'),
);

/** The tool of a name. @throws Error */
export function toolNamed(name: string): Tool {
  const tool = TOOLS.find((candidate) => candidate.name === name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return tool;
}

/** A call as the model would make it. @throws Error with what is wrong with it */
export function call(name: string, values: Values): Call {
  const tool = toolNamed(name);
  const read = readArguments(tool, argumentsSchema(tool, PROVIDER_SCHEMAS), JSON.stringify(values));
  if ('problems' in read) throw new Error(read.problems.join('\n'));
  return { tool, values: read.values };
}

/** Arguments that a tool takes: all that are required, any of the others. */
export function anyArguments(tool: Tool): fc.Arbitrary<Values> {
  return anyOf(tool.arguments, tool);
}

function anyOf(rules: Arguments, tool: Tool): fc.Arbitrary<Values> {
  const required = Object.keys(rules).filter((name) => rules[name]?.required === true);
  return fc.record(
    Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, anyValue(rule, tool)])),
    { requiredKeys: required },
  );
}

function anyValue(rule: ArgumentRule, tool: Tool): fc.Arbitrary<unknown> {
  switch (rule.type ?? kindOf(rule, tool)) {
    case 'bool':
      return fc.boolean();
    case 'number':
      return rule.choices === undefined
        ? fc.integer({ min: rule.least ?? 0, max: rule.most ?? 1e6 })
        : fc.constantFrom(...rule.choices);
    case 'string':
      return anyText(rule);
    case 'strings':
      return fc.array(anyText(rule), { minLength: rule.least ?? 0, maxLength: 3 });
    case 'texts by name':
      return fc.dictionary(like(rule.keys ?? ONE_LINE), like(rule.format ?? ONE_LINE), { maxKeys: 3 });
    default:
      return fc.array(anyOf(rule.items ?? {}, tool), { minLength: rule.least ?? 0, maxLength: 3 });
  }
}

function kindOf({ from = '' }: ArgumentRule, { provider }: Tool): string {
  const type = attributeAt(PROVIDER_SCHEMAS, provider, from)?.type;
  if (typeof type === 'string') return type;
  return type?.[0] === 'map' ? 'texts by name' : 'strings';
}

function anyText({ choices, format, refersTo }: ArgumentRule): fc.Arbitrary<string> {
  if (choices !== undefined) return fc.constantFrom(...choices.map(String));
  return like(refersTo?.existing ?? format ?? ONE_LINE);
}

/** The example of a format and texts that have its pattern; of a free text, texts that look like HCL above all. */
function like({ pattern, example }: Format): fc.Arbitrary<string> {
  if (pattern !== ONE_LINE.pattern) return fc.constant(example);
  return fc.oneof(
    fc.constant(example),
    fc.constantFrom(...HOSTILE_TEXTS.filter((text) => new RegExp(pattern, 'u').test(text))),
    fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((text) => new RegExp(pattern, 'u').test(text)),
  );
}
