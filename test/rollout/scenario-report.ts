import { RolloutSettings } from '../../contracts/rollout-settings.ts';
import { planStep } from '../../rollout/plan.ts';
import {
  openSimulated,
  randomOf,
  type Scenario,
  type Simulated,
  simulatedBaseline,
  simulateRollout,
} from './simulated-rollout.ts';

/** What came of many rollouts of one scenario. */
export interface Tried {
  readonly scenario: Scenario;
  readonly rollouts: number;
  readonly promoted: number;
  readonly rolledBack: number;
  readonly undecided: number;
  /** Upper 95 % bound (Wilson) on what must not happen: rolling the good back, promoting the bad. */
  readonly wrongAtMost: number;
  /** Of those that were rolled back: median and 95th percentile. */
  readonly detection: {
    readonly seconds: readonly [number, number];
    readonly exposed: readonly [number, number];
  };
  /** Percent of the band at which rollbacks came. */
  readonly steps: Readonly<Record<string, number>>;
}

const REQUESTS_PER_SECOND = 20;
/** Rollouts that share one baseline, on which their steps are planned. */
const PER_BASELINE = 20;

export function tryScenario(scenario: Scenario, rollouts: number, seed: number): Tried {
  const simulation = {
    ...{
      settings: RolloutSettings.parse({}),
      requestsPerSecond: REQUESTS_PER_SECOND,
      random: randomOf(seed),
    },
  };
  const results: Simulated[] = [];
  let start = openSimulated(simulation);
  for (let rollout = 0; rollout < rollouts; rollout += 1) {
    if (rollout % PER_BASELINE === 0) start = openSimulated(simulation, start.record);
    results.push(simulateRollout(start, scenario, simulation));
  }
  const ended = (outcome: Simulated['outcome']) => results.filter((result) => result.outcome === outcome);
  const [promoted, back, undecided] = [ended('promoted'), ended('rolled back'), ended('undecided')];
  const wrong = scenario.good ? back.length : promoted.length;
  return {
    ...{
      scenario,
      rollouts,
      promoted: promoted.length,
      rolledBack: back.length,
      undecided: undecided.length,
    },
    wrongAtMost: wilsonUpper(wrong, rollouts),
    detection: {
      seconds: quantiles(back.map(({ seconds }) => seconds)),
      exposed: quantiles(back.map(({ exposed }) => exposed)),
    },
    steps: Object.fromEntries(
      simulation.settings.steps.map((step) => [step, back.filter(({ percent }) => percent === step).length]),
    ),
  };
}

/** Upper end of the two-sided 95 % interval (Wilson 1927). */
export function wilsonUpper(successes: number, trials: number): number {
  const z = 1.959963984540054;
  const share = successes / trials;
  const middle = share + z ** 2 / (2 * trials);
  const reach = z * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  return (middle + reach) / (1 + z ** 2 / trials);
}

function quantiles(values: readonly number[]): readonly [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return [at(0.5), at(0.95)];
}

/** What each step needs by one baseline of the simulated traffic, in words. */
export function plansText(seed: number): string {
  const settings = RolloutSettings.parse({});
  const simulation = { settings, requestsPerSecond: REQUESTS_PER_SECOND, random: randomOf(seed) };
  const baseline = simulatedBaseline(simulation);
  return settings.steps
    .map(
      (percent) => planStep({ settings, percent, baseline, requestsPerSecond: REQUESTS_PER_SECOND }).sentence,
    )
    .join('\n');
}

export function triedText(tried: Tried): string {
  const { scenario, rollouts, promoted, rolledBack, undecided, wrongAtMost, detection, steps } = tried;
  const minutes = detection.seconds.map((seconds) => `${(seconds / 60).toFixed(0)} min`);
  const lines = [
    `${scenario.name}: promoted ${promoted}, rolled back ${rolledBack}, undecided ${undecided} of ${rollouts}`,
    `  ${scenario.good ? 'wrongly rolled back' : 'wrongly promoted'}: at most ${(wrongAtMost * 100).toFixed(2)} % (Wilson, 95 %)`,
  ];
  if (rolledBack === 0) return lines.join('\n');
  const where = Object.entries(steps).map(([step, count]) => `${count} at ${step} %`);
  return [
    ...lines,
    `  rolled back after ${minutes[0]} in the median, ${minutes[1]} at the 95th percentile; ${where.join(', ')}`,
    `  requests that the canary got until then: ${detection.exposed.map((count) => count.toLocaleString('en-US')).join(', ')}`,
  ].join('\n');
}
