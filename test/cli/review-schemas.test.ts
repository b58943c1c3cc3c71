import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { reviewResultSchema } from '../../cli/commands/review.ts';
import { readSettings, SettingsError, settingsSchema } from '../../review/settings.ts';
import { ROOT } from './support.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe('what is described', () => {
  test.each([
    ['fleet-review.schema.json', reviewResultSchema()],
    ['fleet-review-settings.schema.json', settingsSchema()],
  ])('%s is what the program reads and writes', (file, schema) =>
    expect(JSON.parse(read(`docs/operations/${file}`))).toEqual(JSON.parse(JSON.stringify(schema))),
  );

  test('the settings of the documentation are settings', () => {
    const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(read('docs/operations/review.md')) ?? [];
    expect(readSettings(text)).toMatchObject(parse(text));
  });
});

describe('settings', () => {
  test('without a file are all defaults', () =>
    expect(readSettings(undefined)).toMatchObject({
      review: { enabled: true, severity: 'minor' },
      docs: { enabled: true },
      tests: { enabled: false },
    }));

  test.each([
    ['reviw: {}\n', '.fleet-review.yaml:1: reviw: unknown key; did you mean review?'],
    [
      'review:\n  enabledd: true\n',
      '.fleet-review.yaml:2: review.enabledd: unknown key; did you mean enabled?',
    ],
    ['tokens: many\n', '.fleet-review.yaml:1: tokens:'],
    ['a: [\n', 'not valid YAML'],
    ['tests: { enabled: true }\n', 'tests.files: is required where tests are enabled'],
  ])('%j: %s', (text, message) => {
    expect(() => readSettings(text)).toThrow(SettingsError);
    expect(() => readSettings(text)).toThrow(message);
  });

  test('all mistakes are said at once', () => {
    expect(() => readSettings('tokens: many\ndrafts: maybe\n')).toThrow(/tokens[\s\S]*drafts/);
  });
});
