import { randomInt } from 'node:crypto';
import { plansText, triedText, tryScenario } from '../test/rollout/scenario-report.ts';
import { SCENARIOS } from '../test/rollout/simulated-rollout.ts';

const ROLLOUTS = 2000;

/** 2,000 simulated rollouts of every scenario through the real stepper and judge, each scenario with a fresh seed. */
export async function rolloutJudgeEvidence(): Promise<string> {
  const scenarios = SCENARIOS.map((scenario) => {
    const seed = randomInt(2 ** 31);
    const text = `${triedText(tryScenario(scenario, ROLLOUTS, seed))}\n  seed ${seed}`;
    console.error(text);
    return text;
  });
  return [
    'Defaults of `fleet canary run`: steps 1, 5, 20, 50, 100 %, alpha 5 %, power 95 %, 5 looks a step. Traffic: 20',
    'requests/s in conversations of 6 turns (geometric), 0.3 % errors in clusters, TTFT log-normal, histograms.',
    '',
    plansText(randomInt(2 ** 31)),
    '',
    ...scenarios,
  ].join('\n');
}
