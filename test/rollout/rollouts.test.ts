import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { triedText, tryScenario, wilsonUpper } from './scenario-report.ts';
import { SCENARIOS } from './simulated-rollout.ts';

const ROLLOUTS = 8;

/** So few that chance alone does not reach it: with the promised 5 % it would, once in some 200,000 runs. */
test.each(SCENARIOS)('$name: of a few rollouts most end as they should', (scenario) => {
  const seed = randomInt(2 ** 31);
  const tried = tryScenario(scenario, ROLLOUTS, seed);
  const wrong = scenario.good ? tried.rolledBack : tried.promoted;
  expect(wrong, `seed ${seed}\n${triedText(tried)}`).toBeLessThan(5);
});

test('the bound of Wilson is the one of statsmodels 0.15.0', () => {
  expect(wilsonUpper(78, 2000)).toBeCloseTo(0.04840608504391829, 12);
});
