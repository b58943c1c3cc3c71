import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nameOf, only, rulesNeededBy } from '../workloads/rules-needed.ts';
import { type Rules, TESTED_RULES, testRules } from '../workloads/rules-support.ts';

const CASES = join(import.meta.dirname, '../workloads/rules');
/** Each file of cases with the rules that it asks for: promtool is much faster with these alone. */
const files = readdirSync(CASES).map((file): [string, Rules] => [
  file,
  rulesNeededBy(readFileSync(join(CASES, file), 'utf8'), TESTED_RULES),
]);
const rules = TESTED_RULES.groups.flatMap((group) => group.rules);

test.each(files)('%s asks for no rule beyond those that it names', (file, needed) => {
  expect(testRules(needed, [file])).toEqual({ passed: true, output: expect.any(String) });
});

describe('without it a case of promtool fails', () => {
  test.each(rules.map((rule) => [nameOf(rule), rule] as const))('%s', (_name, rule) => {
    const failed = files.some(([file, needed]) => {
      const rest = only(needed, (other) => other !== rule);
      const asked = needed.groups.some((group) => group.rules.includes(rule));
      return asked && !testRules(rest, [file]).passed;
    });
    expect(failed).toBe(true);
  });
});
