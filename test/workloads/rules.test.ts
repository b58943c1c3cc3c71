import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ROOT } from '../support/local-project.ts';
import { shippedRules, TESTED_RULES, type TestFile, testRules } from './rules-support.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleet-rules-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CASES = join(import.meta.dirname, 'rules');
const files = readdirSync(CASES);
const alerts = TESTED_RULES.groups.flatMap(({ rules }) => rules.filter((rule) => 'alert' in rule));
const tests = files.flatMap((file) => {
  const { tests } = parse(readFileSync(join(CASES, file), 'utf8')) as TestFile;
  return tests.flatMap(({ alert_rule_test }) => alert_rule_test ?? []);
});

test.each(files)('promtool: the cases of %s', (file) => {
  expect(testRules(TESTED_RULES, [file])).toEqual({ passed: true, output: expect.any(String) });
});

test.each(Object.entries(shippedRules()))('promtool checks the rules of %s', async (name, text) => {
  await expect(text).toMatchFileSnapshot(`../rendered/prometheus/${name}.rules.yml`);
  const { check } = await import('./rules-support.ts');
  const path = join(folder, `${name}.yml`);
  writeFileSync(path, text);
  expect(check(path)).toMatch(/SUCCESS: \d+ rules found/);
});

describe.each(alerts.map((rule) => [String(rule.alert), rule] as const))('%s', (name, rule) => {
  test('is tested both firing and silent', () => {
    const of = tests.filter(({ alertname }) => alertname === name);
    expect(of.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
    expect(of.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true);
  });

  test('has a severity and a runbook with a chapter of its own', () => {
    expect(['page', 'ticket', 'none']).toContain(rule.labels?.severity);
    const runbook = readFileSync(join(ROOT, rule.annotations?.runbook ?? ''), 'utf8');
    expect(runbook.split('\n')).toContain(`## ${name}`);
  });
});

/** `test/verify/rules-missing.test.ts` takes each rule away alone. */
test.each(files)('the cases of %s fail without rules', (file) => {
  expect(testRules({ groups: [] }, [file]).passed).toBe(false);
});
