import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TOOLS } from '../../ask/catalogue.ts';
import { type Configuration, type Expression, literal } from '../../ask/configuration.ts';
import { expand } from '../../ask/expand.ts';
import { hclOf } from '../../ask/hcl.ts';
import { PROVIDER_SCHEMAS } from '../../ask/schemas.ts';
import { terraformJsonOf } from '../../ask/terraform-json.ts';
import { terraform } from '../support/terraform.ts';
import { anyArguments, HOSTILE_TEXTS } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleet-hcl-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const TEXTS = [
  ...HOSTILE_TEXTS,
  ...fc.sample(fc.string({ unit: 'binary', maxLength: 40 }), { numRuns: 150, seed: 1 }),
  ...fc
    .sample(
      fc.array(fc.constantFrom('$', '%', '{', '}', '"', '\\', 'u', '0', '~', '\n', ' '), { maxLength: 8 }),
      { numRuns: 250, seed: 2 },
    )
    .map((parts) => parts.join('')),
];

/** Every text as a value, as a key, inside a JSON text and beside a reference. */
function configuration(): Configuration {
  const texts = [...new Set(TEXTS.map((text) => text.normalize('NFC')))];
  const beside = (text: string): Expression => ({
    kind: 'template',
    parts: [
      literal(text),
      { kind: 'reference', address: 'terraform_data.plain', attribute: 'input' },
      literal(text),
    ],
  });
  const inputs: Readonly<Record<string, Expression>> = {
    plain: literal('x'),
    values: { kind: 'list', items: TEXTS.map(literal) },
    keys: { kind: 'map', entries: texts.map((text, index) => [text, literal(index)]) },
    json: { kind: 'json', value: { kind: 'list', items: TEXTS.map(literal) } },
    beside: { kind: 'list', items: TEXTS.map(beside) },
    numbers: { kind: 'list', items: [0, -1, 65_535, 1e21, 0.5, Number.MAX_SAFE_INTEGER].map(literal) },
    flags: { kind: 'list', items: [true, false].map(literal) },
  };
  return {
    required: [],
    settings: [],
    resources: Object.entries(inputs).map(([name, value]) => ({
      type: 'terraform_data',
      name,
      tool: 'test',
      why: 'test',
      body: [{ kind: 'attribute', name: 'input', value, origin: 'toolkit' }],
    })),
  };
}

/** What Terraform makes of a configuration's inputs. */
async function evaluated(file: string, text: string): Promise<Readonly<Record<string, unknown>>> {
  const place = mkdtempSync(join(folder, 'run-'));
  writeFileSync(join(place, file), text);
  for (const args of [['init'], ['apply', '-auto-approve']]) {
    const { code, stderr } = await terraform(place, ...args);
    if (code !== 0) throw new Error(stderr.split('\n').slice(-8).join('\n').slice(0, 2000));
  }
  const { stdout } = await terraform(place, 'show', '-json');
  const { values } = JSON.parse(stdout) as {
    values: { root_module: { resources: readonly { name: string; values: { output: unknown } }[] } };
  };
  return Object.fromEntries(
    values.root_module.resources.map(({ name, values: { output } }) => [name, output]),
  );
}

describe.each(['HCL', 'JSON'] as const)('what Terraform reads in %s', (syntax) => {
  let read: Readonly<Record<string, unknown>>;
  const composed = TEXTS.map((text) => text.normalize('NFC'));

  beforeAll(async () => {
    const written = configuration();
    read =
      syntax === 'HCL'
        ? await evaluated('main.tf', hclOf(written, { explain: false, header: true }))
        : await evaluated('main.tf.json', JSON.stringify(terraformJsonOf(written)));
  });

  test('every text is the text that was given, whatever it means in HCL', () => {
    expect(read.values).toEqual(composed);
  });

  test('every text can be a key', () => {
    expect(Object.keys(read.keys as object).toSorted()).toEqual([...new Set(composed)].toSorted());
  });

  test('every text survives inside a JSON text', () => {
    expect(JSON.parse(String(read.json))).toEqual(composed);
  });

  test('a reference stands beside every text', () => {
    expect(read.beside).toEqual(composed.map((text) => `${text}x${text}`));
  });

  test('numbers and truth values are what they were', () => {
    expect(read.numbers).toEqual([0, -1, 65_535, 1e21, 0.5, Number.MAX_SAFE_INTEGER]);
    expect(read.flags).toEqual([true, false]);
  });
});

describe.each([true, false])('explained: %s', (explain) => {
  test('what is written is formatted as `terraform fmt` would', async () => {
    const calls = TOOLS.flatMap((tool) =>
      fc.sample(anyArguments(tool), { numRuns: 6, seed: 3 }).map((values) => ({ tool, values })),
    );
    const place = mkdtempSync(join(folder, 'fmt-'));
    const { configuration: written } = expand(calls, PROVIDER_SCHEMAS);
    writeFileSync(join(place, 'main.tf'), hclOf(written, { explain, header: true }));
    const { code, stdout, stderr } = await terraform(place, 'fmt', '-check', '-diff');
    expect(stdout + stderr).toBe('');
    expect(code).toBe(0);
  });
});

test('characters that hide something are written as their code', () => {
  const hidden = '\u202e\u200b\u2028\u{e0041}\u0000';
  const body = [{ kind: 'attribute', name: 'input', value: literal(hidden), origin: 'toolkit' }] as const;
  const resource = { type: 'terraform_data', name: 'a', tool: 'test', why: 'test', body };
  const written = hclOf(
    { required: [], settings: [], resources: [resource] },
    { explain: false, header: true },
  );
  expect(written).toContain('"\\u202e\\u200b\\u2028\\U000e0041\\u0000"');
});
