import { expect, test } from 'vitest';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { EnvironmentError } from '../../contracts/problem.ts';

function problems(compression: string, model = 'gpt-oss-120b', more = ''): string[] {
  const text = `
class: development
platform: process
models:
  ${model}:
    releases: { a: { weight: 100, url: http://localhost:8000 } }
    compression: ${compression}
  gpt-oss-20b:
    releases: { a: { weight: 100, url: http://localhost:8001 } }
${more}secrets: { keys: { file: keys.json }, hop: { file: hop } }
gateway: { keys: keys }
router: { key: hop }
`;
  try {
    parseEnvironment({ path: 'x.yaml', text });
    return [];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return error.problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
  }
}

const PATH = 'models.gpt-oss-120b.compression';

test.each([
  ['{ model: gpt-oss-20b, threshold: 32000 }', []],
  ['{ model: gpt-oss-20b, threshold: 10000 }', []],
  ['{ threshold: 32000 }', [`${PATH}.model: is required: a text`]],
  ['{ model: gpt-oss-20b }', [`${PATH}.threshold: is required: a number`]],
  [
    '{ model: gpt-oss-20b, threshold: 9999 }',
    [`${PATH}.threshold: must be at least tail + step, 2000 + 8000 tokens, got 9999`],
  ],
  [
    '{ model: gpt-oss-20b, threshold: 131072 }',
    [`${PATH}.threshold: must be below the model's context of 131072 tokens, got 131072`],
  ],
  [
    '{ model: gpt-oss-20b, threshold: 32000, target: 2001 }',
    [`${PATH}.step: must be at least 4 times target, 8004 tokens, got 8000`],
  ],
  [
    '{ model: gpt-oss-20, threshold: 32000 }',
    [`${PATH}.model: must name a model with releases, got gpt-oss-20; did you mean gpt-oss-20b?`],
  ],
  [
    '{ model: gpt-oss-120b, threshold: 32000 }',
    [`${PATH}.model: gpt-oss-120b is compressed itself; name a model without \`compression\``],
  ],
])('%s', (compression, expected) => {
  expect(problems(compression)).toEqual(expected);
});

test('an alias has no compression of its own', () => {
  const more = '  other: { alias: gpt-oss-20b, compression: { model: gpt-oss-20b, threshold: 32000 } }\n';
  expect(problems('{ model: gpt-oss-20b, threshold: 32000 }', 'gpt-oss-120b', more)).toEqual([
    'models.other.compression: an alias is compressed as its model is; set it at gpt-oss-20b',
  ]);
});
