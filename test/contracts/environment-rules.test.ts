import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { EnvironmentError } from '../../contracts/problem.ts';
import { ROOT } from '../support/local-project.ts';

/** What is said of a shipped file after a change, one message per line; empty when nothing is wrong. */
function complaints(name: string, change: (text: string) => string): string {
  const path = `environments/${name}.yaml`;
  const shipped = readFileSync(join(ROOT, path), 'utf8');
  const text = change(shipped);
  expect(text).not.toBe(shipped);
  try {
    parseEnvironment({ path, text });
    return '';
  } catch (error) {
    if (error instanceof EnvironmentError) return error.message;
    throw error;
  }
}

test.each<[string, string, (text: string) => string, RegExp]>([
  [
    'a ledger file off platform process',
    'staging',
    (text) => text.replace('  keys: api-keys', '  keys: api-keys\n  ledger: { file: ledger.jsonl }'),
    /^gateway\.ledger: a file only on platform process; on aws the ledger goes to the log \(environments\/staging\.yaml:\d+\)$/,
  ],
  [
    'a local state outside class development',
    'staging',
    (text) => text.replace(/^state:\n.*\n/m, ''),
    /needs a shared, locked state/,
  ],
  [
    'a simulator outside class development',
    'local',
    (text) => text.replace('class: development', 'class: staging'),
    /simulator serves nobody/,
  ],
  [
    'settings of another platform',
    'prod',
    (text) => `${text}\ndocker: {}\n`,
    /belongs to platform docker, but platform is google/,
  ],
  [
    'a file secret in the cloud',
    'prod',
    (text) => text.replace('{ google: fleet-prod-hop-key }', '{ file: hop-key }'),
    /reads secrets from google, got file/,
  ],
  [
    'a role on a public endpoint',
    'local',
    (text) =>
      text
        .replace('weight: 5\n', 'weight: 5\n        role: canary\n')
        .replace('role: canary\n        weight: 15', 'weight: 15'),
    /only a release of own nodes has a role/,
  ],
  [
    'an image by the tag latest',
    'staging',
    (text) =>
      text.replace(
        'preset: balanced, version: 0.32.0 }',
        'preset: balanced, version: 0.32.0, image: "vllm/vllm-openai:latest" }',
      ),
    /must be pinned/,
  ],
  [
    'a vLLM that cannot drain',
    'staging',
    (text) => text.replace('preset: balanced, version: 0.32.0 }', 'preset: balanced, version: 0.17.9 }'),
    /needs vLLM 0\.18\.0 or later, got 0\.17\.9/,
  ],
])('%s is refused', (_what, name, change, message) => {
  expect(complaints(name, change)).toMatch(message);
});

test('all mistakes are told at once, by line', () => {
  const said = complaints('local', (text) =>
    text
      .replace('weight: 80', 'weight: 70')
      .replace('role: canary', 'role: canery')
      .replace('port: 9090', 'prot: 9090'),
  ).split('\n');
  const lines = said.map((line) => Number(/:(\d+)\)$/.exec(line)?.[1]));
  expect(said).toHaveLength(2);
  expect(lines).toEqual(lines.toSorted((a, b) => a - b));
});

test('a mistake hides what follows from it, and nothing else', () => {
  const said = complaints('local', (text) =>
    text
      .replace('weight: 80', 'weight: eighty')
      .replace('host: public, model: example', 'host: pubic, model: example'),
  );
  expect(said).toContain('weight: must be a number');
  expect(said).toContain('no endpoint is named pubic');
  expect(said).not.toContain('must add up');
});
