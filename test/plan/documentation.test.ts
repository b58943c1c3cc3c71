import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CATALOGUE } from '../../plan/catalogue.ts';
import { ROOT } from '../support/local-project.ts';

const WORDS = { deny: '**deny**', warn: 'warn', off: '' } as const;

test('the page for operators lists every rule as it is, in the order of the catalogue', () => {
  const page = readFileSync(join(ROOT, 'docs/operations/plan-checks.md'), 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => /^\| `[a-z-]+` \|/.test(line) && !line.includes('`suppression-'));
  expect(rows).toEqual(
    CATALOGUE.map(
      ({ id, title, severity: { development, staging, production } }) =>
        `| \`${id}\` | ${title} | ${WORDS[development]} | ${WORDS[staging]} | ${WORDS[production]} |`,
    ),
  );
});
