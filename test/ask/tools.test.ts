import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { argumentsSchema, definitionOf, ToolError } from '../../ask/argument-schema.ts';
import { TOOLS } from '../../ask/catalogue.ts';
import { expand } from '../../ask/expand.ts';
import * as formats from '../../ask/formats.ts';
import { readArguments } from '../../ask/read-arguments.ts';
import { PROVIDER_SCHEMAS } from '../../ask/schemas.ts';
import { argumentsOf } from '../../ask/terraform-json.ts';
import { type Block, schemaProblems } from '../support/provider-schema.ts';
import { anyArguments, toolNamed } from './support.ts';

const FORMATS = Object.entries(formats).flatMap(([name, format]) =>
  typeof format === 'function' ? [] : [[name, format] as const],
);
const schemas = PROVIDER_SCHEMAS;

function blockOf(type: string): Block {
  const found = schemas.flatMap(({ resources }) => resources[type] ?? []);
  return (found[0] ?? {}) as Block;
}

test('there are tools for both clouds, create_s3_bucket among them, each with a name of its own', () => {
  const names = TOOLS.map(({ name }) => name);
  expect(names).toContain('create_s3_bucket');
  expect(new Set(names).size).toBe(names.length);
  expect(new Set(TOOLS.map(({ provider }) => provider))).toEqual(new Set(['aws', 'google']));
});

describe.each(TOOLS.map((tool) => [tool.name, tool] as const))('%s', (_name, tool) => {
  test('its parameters are a valid JSON schema that takes no unknown argument', () => {
    const { name, parameters } = definitionOf(tool, schemas);
    const ajv = new Ajv({ strict: true, allErrors: true });
    expect(name).toMatch(/^[a-z0-9_]{1,64}$/);
    expect(ajv.validateSchema(parameters), ajv.errorsText(ajv.errors)).toBe(true);
    expect(() => ajv.compile(parameters)).not.toThrow();
    expect(parameters.additionalProperties).toBe(false);
  });

  test('whatever arguments it takes, the provider takes what it writes', () => {
    const ajv = new Ajv({ strict: true }).compile(definitionOf(tool, schemas).parameters);
    const schema = argumentsSchema(tool, schemas);
    const property = fc.property(anyArguments(tool), (given) => {
      const read = readArguments(tool, schema, JSON.stringify(given));
      if ('problems' in read) throw new Error(read.problems.join('\n'));
      expect(ajv(given)).toBe(true);
      const { configuration, problems } = expand([{ tool, values: read.values }], schemas);
      expect(problems).toEqual([]);
      const refused = [...argumentsOf(configuration)].flatMap(([address, values]) =>
        schemaProblems(blockOf(address.split('.')[0] ?? ''), values, address),
      );
      expect(refused).toEqual([]);
    });
    fc.assert(property, { numRuns: 40, seed: 1 });
  });
});

test.each(FORMATS)('the example of %s is one', (_name, { pattern, example, never }) => {
  expect(example).toMatch(new RegExp(pattern, 'u'));
  if (never !== undefined) expect(example).not.toMatch(new RegExp(never.pattern, 'u'));
});

test('a tool that names an attribute which the provider does not know is a mistake in the tool', () => {
  const tool = toolNamed('create_s3_bucket');
  const wrong = { ...tool, arguments: { acl: { from: 'aws_s3_bucket.access', description: 'x' } } };
  expect(() => definitionOf(wrong, schemas)).toThrow(ToolError);
  expect(() => definitionOf(wrong, schemas)).toThrow(
    "create_s3_bucket.acl: aws_s3_bucket.access is not in the provider's schema",
  );
});

test('a tool cannot let the model fill what is read-only', () => {
  const tool = toolNamed('create_s3_bucket');
  const wrong = { ...tool, arguments: { arn: { from: 'aws_s3_bucket.arn', description: 'x' } } };
  expect(() => definitionOf(wrong, schemas)).toThrow('create_s3_bucket.arn: aws_s3_bucket.arn is read-only');
});
