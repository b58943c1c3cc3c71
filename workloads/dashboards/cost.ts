import { HOURS_PER_MONTH } from '../../contracts/cost.ts';
import type { Environment } from '../../contracts/environment.ts';
import { machinePrices } from '../machine-prices.ts';
import { BY_RELEASE, type DashboardPlan, MODEL, type Panel, RELEASE, rate, ratio } from './panel.ts';

const DAY = 86_400;
/** Every 15 seconds, what was charged in 15 seconds: templates/prometheus/spent.yml says how and why. */
const SPENT = `release:token_cost_usd:increase15s{${RELEASE}}`;
const BY = 'model, release';

export const COST_OF_THE_LAST_DAY: Panel = {
  title: 'Tokens, last 24 hours',
  description: 'USD at the price of the release that answered, to the cent that the ledger says.',
  kind: 'number',
  unit: 'currencyUSD',
  queries: [{ expr: `sum(sum_over_time(${SPENT}[1d]))`, legend: 'last 24 h' }],
};

export const MONTH_AT_THIS_RATE: Panel = {
  title: 'Tokens, a month at this rate',
  description: 'The mean of the last 7 days, or of what there is of them, for 730 hours.',
  kind: 'number',
  unit: 'currencyUSD',
  queries: [{ expr: `sum(avg_over_time(${SPENT}[7d])) / 15 * 3600 * ${HOURS_PER_MONTH}`, legend: 'a month' }],
};

export const COST_RATE: Panel = {
  title: 'Token cost at the rate of the moment',
  description: 'USD per day, if it went on like this, by model and release.',
  kind: 'area',
  unit: 'suffix: USD/day',
  queries: [{ expr: `${DAY} * ${rate('oss_token_cost_usd', BY)}`, legend: BY_RELEASE }],
};

const DAILY_COST: Panel = {
  title: 'Daily token cost',
  description:
    'USD of the 24 hours before each point, by model and release. Within 1 % of the ledger, restarts of gateways and instances of a few seconds included.',
  kind: 'bars',
  unit: 'currencyUSD',
  step: '1d',
  queries: [{ expr: `sum by (${BY}) (sum_over_time(${SPENT}[1d]))`, legend: BY_RELEASE }],
};

const BY_KIND: Panel = {
  title: 'Where it comes from',
  description:
    'USD per day at the rate of the moment: fresh prompt tokens, prompt tokens of the cache, answers.',
  kind: 'area',
  unit: 'suffix: USD/day',
  queries: [{ expr: `${DAY} * ${rate('oss_token_cost_usd', 'kind')}`, legend: '{{kind}}' }],
};

const NOT_CHARGED: Panel = {
  title: 'Answers that could not be charged',
  description: 'Share of the requests whose tokens nobody counted or that have no price: bills lack them.',
  kind: 'lines',
  unit: 'percentunit',
  queries: [
    { expr: ratio(rate('oss_usage_missing_total', BY), rate('oss_requests_total', BY)), legend: BY_RELEASE },
  ],
};

/** Fresh tokens' price for the cached ones, less what those cost. */
const SAVED_BY_CACHE = [
  rate('oss_tokens_total', BY, `kind="cached_input",${RELEASE}`),
  `* (${rate('oss_token_cost_usd', BY, `kind="input",${RELEASE}`)}`,
  `/ (${rate('oss_tokens_total', BY, `kind="input",${RELEASE}`)} > 0))`,
  `- ${rate('oss_token_cost_usd', BY, `kind="cached_input",${RELEASE}`)}`,
].join(' ');

const CACHE_SAVING: Panel = {
  title: 'Saved by the prefix cache',
  description:
    'USD per day that cached prompt tokens cost less than fresh ones; 0 without a price of its own for them.',
  kind: 'area',
  unit: 'suffix: USD/day',
  queries: [{ expr: `${DAY} * (${SAVED_BY_CACHE})`, legend: BY_RELEASE }],
};

const savedByCompression = (metric: string) => rate(metric, 'model', MODEL);

const COMPRESSION_SAVING: Panel = {
  title: 'Saved by compression',
  description:
    'USD per day: tokens that were left out, less the summaries, less the cache hits lost (an estimate).',
  kind: 'lines',
  unit: 'suffix: USD/day',
  queries: [
    {
      expr: `${DAY} * (${savedByCompression('oss_compression_gross_saved_usd')} - ${savedByCompression('oss_compression_summaries_cost_usd')} - ${savedByCompression('oss_compression_lost_cache_usd')})`,
      legend: '{{model}}',
    },
  ],
};

const PRICE_OF_A_MILLION = `1e6 * ${ratio(
  rate('oss_token_cost_usd', BY, RELEASE, '1h'),
  rate('oss_tokens_total', BY, RELEASE, '1h'),
)}`;

const MILLION_TOKENS: Panel = {
  title: 'What a million tokens cost',
  description:
    'Machine hours ÷ tokens of own machines, against the price of the same mix of tokens. Where the first is above the second, the public host would be cheaper.',
  kind: 'lines',
  unit: 'currencyUSD',
  queries: [
    { expr: `release:usd_per_million_tokens:rate1h{${RELEASE}}`, legend: `${BY_RELEASE}, machines` },
    { expr: PRICE_OF_A_MILLION, legend: `${BY_RELEASE}, price` },
  ],
};

const WORTH_PER_HOUR = `3600 * ${rate('oss_token_cost_usd', BY, RELEASE, '1h')}`;

const BREAK_EVEN: Panel = {
  title: 'Utilization against break-even',
  description:
    'What the tokens of own machines would have cost at their price ÷ what the machines cost. At 100 % both are equal; below, machines stand idle too much.',
  kind: 'lines',
  unit: 'percentunit',
  threshold: { value: 1, bad: 'below' },
  queries: [
    {
      expr: `(${WORTH_PER_HOUR}) / on (model, release) release:usd_per_hour:sum{${RELEASE}}`,
      legend: BY_RELEASE,
    },
  ],
};

const machineMonth = `sum(release:usd_per_hour:sum) * ${HOURS_PER_MONTH}`;

function machines(environment: Environment): Panel[] {
  if (machinePrices(environment).length === 0) return [];
  const { budget } = environment.checks;
  return [
    MILLION_TOKENS,
    BREAK_EVEN,
    {
      title: 'Machines',
      description: 'List price of the machines that are there, also of those that do not answer.',
      kind: 'area',
      unit: 'suffix: USD/h',
      queries: [{ expr: `release:usd_per_hour:sum{${RELEASE}}`, legend: BY_RELEASE }],
    },
    {
      title:
        budget === undefined
          ? 'Machines: a month at this rate'
          : 'Machines: a month at this rate, and budget',
      description:
        'What runs now for 730 hours, and the same of `checks.budget`, if the environment has one.',
      kind: 'lines',
      unit: 'currencyUSD',
      threshold:
        budget === undefined ? undefined : { value: budget.usdPerHour * HOURS_PER_MONTH, bad: 'above' },
      queries: [
        { expr: machineMonth, legend: 'machines' },
        ...(budget === undefined
          ? []
          : [{ expr: `fleet_budget_usd_per_hour * ${HOURS_PER_MONTH}`, legend: 'budget' }]),
      ],
    },
  ];
}

/** What does it cost? */
export function costDashboard(environment: Environment): DashboardPlan {
  const compresses = Object.values(environment.models).some(({ compression }) => compression !== undefined);
  const own = machines(environment);
  return {
    uid: 'fleet-cost',
    title: 'Cost',
    description: 'What tokens and machines cost, by model and release, and what is saved.',
    variables: ['model', 'release'],
    rows: [
      {
        title: 'Tokens',
        panels: [
          { ...COST_OF_THE_LAST_DAY, width: 12 },
          { ...MONTH_AT_THIS_RATE, width: 12 },
          { ...DAILY_COST, width: 24 },
          COST_RATE,
          BY_KIND,
        ],
      },
      ...(own.length === 0 ? [] : [{ title: 'Own machines', panels: own }]),
      {
        title: 'Saved and lost',
        panels: [CACHE_SAVING, ...(compresses ? [COMPRESSION_SAVING] : []), NOT_CHARGED],
      },
    ],
  };
}
