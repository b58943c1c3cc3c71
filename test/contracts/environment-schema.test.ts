import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { environmentJsonSchema } from '../../contracts/environment-schema.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { ROOT } from '../support/local-project.ts';

const FOLDER = join(ROOT, 'environments');

test('the schema for editors is the one that files are checked with (npm run schema)', () => {
  const written: unknown = JSON.parse(readFileSync(join(FOLDER, 'environment.schema.json'), 'utf8'));
  expect(written).toEqual(environmentJsonSchema());
});

test.each(readdirSync(FOLDER).filter((file) => file.endsWith('.yaml')))(
  '%s has no problem and names the schema',
  (file) => {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    expect(() => parseEnvironment({ path: `environments/${file}`, text })).not.toThrow();
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/environment\.schema\.json$/m);
  },
);
