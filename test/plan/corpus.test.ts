import { describe, expect, test } from 'vitest';
import { planCases } from '../support/plans/corpus.ts';
import { judgeCase } from './support.ts';

const dangerous = planCases('dangerous');
const harmless = planCases('harmless');

test('the corpus has at least 60 mistakes and 30 harmless changes', () => {
  expect(dangerous.length).toBeGreaterThanOrEqual(60);
  expect(harmless.length).toBeGreaterThanOrEqual(30);
});

describe('a mistake is denied, by the rule that it is about', () => {
  test.each(dangerous.map((plan) => [plan.name, plan] as const))('%s', (_name, plan) => {
    const { verdict, findings } = judgeCase(plan);
    expect(verdict).toBe('deny');
    expect(findings.filter(({ severity }) => severity === 'deny').map(({ rule }) => rule)).toContain(
      plan.rule,
    );
  });
});

describe('a harmless change passes', () => {
  test.each(harmless.map((plan) => [plan.name, plan] as const))('%s', (_name, plan) => {
    const { findings } = judgeCase(plan);
    expect(findings.filter(({ severity }) => severity === 'deny')).toEqual([]);
  });
});
