import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { ROOT } from '../support/local-project.ts';

const path = 'environments/prod.yaml';
const prod = readFileSync(join(ROOT, path), 'utf8');
const MODEL = /^( *)gpt-oss-120b:\n/m;

/** What is said of shipped prod, whose release groq gives 65,536 tokens, with this beside its releases. */
function complaint(settings: string): string | undefined {
  expect(prod).toMatch(MODEL);
  try {
    parseEnvironment({ path, text: prod.replace(MODEL, `$&$1  ${settings}\n`) });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test.each(['caps: { maxOutputTokens: 65536 }', 'defaults: { max_tokens: 65536 }', 'caps: {}'])(
  '%s is what every release gives',
  (settings) => {
    expect(complaint(settings)).toBeUndefined();
  },
);

test.each([
  [
    'caps: { maxOutputTokens: 65537 }',
    'models.gpt-oss-120b.caps.maxOutputTokens: got 65537, but release groq',
  ],
  ['defaults: { max_tokens: 70000 }', 'models.gpt-oss-120b.defaults.max_tokens: got 70000, but release groq'],
])('%s is more than an endpoint gives', (settings, message) => {
  expect(complaint(settings)).toContain(message);
});
