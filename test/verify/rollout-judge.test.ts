import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { triedText, tryScenario } from '../rollout/scenario-report.ts';
import { SCENARIOS } from '../rollout/simulated-rollout.ts';

const ROLLOUTS = 2000;
/** What `alpha` and `power` promise by default. */
const PROMISED = 0.05;

test.each(SCENARIOS)(
  '$name: wrong ends are as rare as promised',
  (scenario) => {
    const seed = randomInt(2 ** 31);
    const tried = tryScenario(scenario, ROLLOUTS, seed);
    console.log(`seed ${seed}\n${triedText(tried)}`);
    expect(tried.wrongAtMost, `seed ${seed}`).toBeLessThanOrEqual(PROMISED);
  },
  900_000,
);
