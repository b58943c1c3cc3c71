import type { Environment } from '../contracts/environment.ts';
import { type Document, textDocument } from './document.ts';
import { machinePrices } from './machine-prices.ts';
import { render } from './render.ts';
import type { Topology } from './topology.ts';

/** The texts of the files that `RULES_TEMPLATES` names. */
export type RulesTemplate = Readonly<Record<keyof typeof RULES_TEMPLATES, string>>;

/** Files below `templates/` that make up Prometheus' rules. */
export const RULES_TEMPLATES = {
  window: 'prometheus/window.yml',
  recording: 'prometheus/recording.yml',
  spent: 'prometheus/spent.yml',
  constant: 'prometheus/constant.yml',
  slo: 'prometheus/slo.yml',
  servers: 'prometheus/servers.yml',
  canary: 'prometheus/canary.yml',
  services: 'prometheus/services.yml',
  money: 'prometheus/money.yml',
  budget: 'prometheus/budget.yml',
  gpu: 'prometheus/gpu.yml',
  reviews: 'prometheus/reviews.yml',
} as const;

/** Windows of the burn rates; the long ones are worked out less often. */
const WINDOWS = { '15s': ['5m', '30m', '1h'], '2m': ['6h', '3d'] } as const;
/** How many times too fast a budget is spent. */
const BURN_RATES = { fast: 14.4, medium: 6, slow: 1 } as const;
/** A large budget times a burn rate could never be exceeded. */
const HIGHEST_RATIO = 0.99;

/**
 * Recording rules and alerts of an environment, for Prometheus 2.42 and 3. Nothing in them goes by weights, roles or the
 * number of machines, so that a weight change stays one changed document; those come from metrics.
 */
export function rulesDocument(
  environment: Environment,
  { discovery }: Pick<Topology, 'discovery'>,
  template: RulesTemplate,
): Document {
  const { slo, checks, reviewer } = environment;
  const threshold = { firstTokenBucket: bucketPattern(slo.firstToken.seconds) };
  const windows = Object.entries(WINDOWS).flatMap(([interval, lengths]) => [
    `  - name: windows every ${interval}\n    interval: ${interval}\n    rules:\n`,
    ...lengths.map((window) => render(template.window, { ...threshold, window })),
  ]);
  const burn = (percent: number, rate: number) => ratio(Math.min(HIGHEST_RATIO, rate * (1 - percent / 100)));
  const [availability, firstToken] = [slo.availability, slo.firstToken.percent];
  return textDocument(
    [
      'groups:\n',
      ...windows,
      ...constants(environment, template.constant),
      template.recording,
      template.spent,
      render(template.slo, {
        errorsFast: burn(availability, BURN_RATES.fast),
        errorsMedium: burn(availability, BURN_RATES.medium),
        errorsSlow: burn(availability, BURN_RATES.slow),
        slowFast: burn(firstToken, BURN_RATES.fast),
        slowMedium: burn(firstToken, BURN_RATES.medium),
        slowSlow: burn(firstToken, BURN_RATES.slow),
        leastRequests: String(slo.leastRequestsPerSecond),
        firstTokenSeconds: String(slo.firstToken.seconds),
      }),
      template.servers,
      template.canary,
      template.services,
      template.money,
      ...(checks.budget === undefined ? [] : [template.budget]),
      // Where machines are found by their labels they run an exporter of GPU metrics.
      ...(discovery.kind === 'static' ? [] : [template.gpu]),
      ...(reviewer === undefined
        ? []
        : [render(template.reviews, { usdPerReview: String(reviewer.usdPerReview) })]),
    ].join(''),
  );
}

function constants(environment: Environment, template: string): string[] {
  const { budget } = environment.checks;
  const constant = (name: string, value: number, labels: object) =>
    render(template, { name, value: String(value), labels: JSON.stringify(labels) });
  const rules = [
    constant('fleet_slo_percent', environment.slo.availability, { objective: 'availability' }),
    constant('fleet_slo_percent', environment.slo.firstToken.percent, { objective: 'first_token' }),
    ...machinePrices(environment).map(({ usdPerHour, ...labels }) =>
      constant('fleet_machine_usd_per_hour', usdPerHour, labels),
    ),
    ...(budget === undefined ? [] : [constant('fleet_budget_usd_per_hour', budget.usdPerHour, {})]),
  ];
  return ['  # What the environment file says.\n  - name: constants\n    rules:\n', ...rules];
}

/** A bound of a histogram as Prometheus 2 (`3`) and Prometheus 3 (`3.0`) name it. */
function bucketPattern(seconds: number): string {
  const text = String(seconds).replace('.', '\\\\.');
  return Number.isInteger(seconds) ? `${text}(\\\\.0)?` : text;
}

/** A ratio without the noise of floating point. */
function ratio(value: number): string {
  return String(Number(value.toPrecision(6)));
}
