import type { Environment } from '../../contracts/environment.ts';
import { type DashboardPlan, type Panel, type Row, ratio } from './panel.ts';

type Reviewer = NonNullable<Environment['reviewer']>;

/** A pull request an hour is much: windows of minutes would be empty. */
const HOUR = '1h';
const DAY_SECONDS = 86_400;
const REVIEWED = 'oss_pr_review_jobs_total{kind="review",result="reviewed"}';

const third = (panel: Omit<Panel, 'kind' | 'width'>): Panel => ({ ...panel, kind: 'lines', width: 8 });
const counted = (title: string, description: string, metric: string, label: string): Panel => ({
  title,
  description,
  kind: 'area',
  unit: 'suffix: per h',
  queries: [{ expr: `3600 * sum by (${label}) (rate(${metric}[${HOUR}]))`, legend: `{{${label}}}` }],
});
const lastDay = (title: string, description: string, unit: Panel['unit'], expr: string): Panel => ({
  ...{ title, description, unit, kind: 'number', width: 8 },
  queries: [{ expr, legend: 'last 24 h' }],
});
const ofADay = (metric: string) => `sum(increase(${metric}[1d]))`;
const ofAnHour = (metric: string) => `sum(rate(${metric}[${HOUR}]))`;

function cost({ usdPerReview }: Reviewer): Row {
  return {
    title: 'Cost',
    panels: [
      lastDay(
        'Reviews, last 24 hours',
        'Commits of pull requests that got a review.',
        'short',
        ofADay(REVIEWED),
      ),
      lastDay(
        'Cost, last 24 hours',
        'USD by the prices of the releases that answered; the ledger has it under the key of the reviewer.',
        'currencyUSD',
        ofADay('oss_pr_review_cost_usd'),
      ),
      lastDay(
        'Cost of a review, last 24 hours',
        'USD; reviews that were overtaken by a newer commit are in it.',
        'currencyUSD',
        ratio(ofADay('oss_pr_review_cost_usd'), ofADay(REVIEWED)),
      ),
      third({
        title: 'Cost at the rate of the last hour',
        description: 'USD per day, if it went on like this.',
        unit: 'suffix: USD/day',
        queries: [{ expr: `${DAY_SECONDS} * ${ofAnHour('oss_pr_review_cost_usd')}`, legend: 'reviews' }],
      }),
      third({
        title: 'Cost of a review',
        description: 'USD, mean of an hour; above `reviewer.usdPerReview` for long there is a ticket.',
        unit: 'currencyUSD',
        threshold: { value: usdPerReview, bad: 'above' },
        queries: [
          { expr: ratio(ofAnHour('oss_pr_review_cost_usd'), ofAnHour(REVIEWED)), legend: 'a review' },
        ],
      }),
      third({
        title: 'Reviews of unknown cost',
        description: 'Per hour: a release that answered has no price, which is not 0.',
        unit: 'suffix: per h',
        queries: [{ expr: `3600 * ${ofAnHour('oss_pr_review_unpriced_total')}`, legend: 'reviews' }],
      }),
    ],
  };
}

const JOBS: Row = {
  title: 'Jobs',
  panels: [
    counted(
      'Attempts by how they ended',
      'busy, failed and put off come again; given up and limited do not.',
      'oss_pr_review_jobs_total',
      'kind, result',
    ),
    {
      title: 'How long attempts take',
      description: 'Of reviews, within an hour. GitHub shows nothing until then.',
      kind: 'lines',
      unit: 's',
      queries: [0.5, 0.95].map((share) => ({
        expr: `histogram_quantile(${share}, sum by (le) (rate(oss_pr_review_job_seconds_bucket{kind="review"}[${HOUR}])))`,
        legend: `p${share * 100}`,
      })),
    },
    {
      title: 'Worked on and waiting',
      description: 'Jobs. Of a queue of the cloud the cloud alone knows the length.',
      kind: 'lines',
      unit: 'short',
      queries: [
        { expr: 'sum(oss_pr_review_running)', legend: 'worked on' },
        { expr: 'sum(oss_pr_review_waiting)', legend: 'waiting' },
      ],
    },
    counted(
      'Webhooks by what became of them',
      'forged: the signature was wrong or missing; unavailable and limited: GitHub has to send them again.',
      'oss_pr_review_webhooks_total',
      'result',
    ),
  ],
};

const REVIEWS: Row = {
  title: 'What they say',
  panels: [
    { ...counted('Findings', 'By what became of them.', 'oss_pr_review_findings_total', 'result'), width: 8 },
    {
      ...counted('Tokens of reviews', 'Of questions and answers.', 'oss_pr_review_tokens_total', 'kind'),
      width: 8,
    },
    third({
      title: 'Refused calls of tools',
      description: 'Per hour: the model asked for what no stage offers. A pull request may have told it to.',
      unit: 'suffix: per h',
      queries: [{ expr: `3600 * ${ofAnHour('oss_pr_review_refused_tool_calls_total')}`, legend: 'calls' }],
    }),
  ],
};

/** Are pull requests reviewed, and what does it cost? */
export function reviewsDashboard(reviewer: Reviewer): DashboardPlan {
  return {
    uid: 'fleet-reviews',
    title: 'Reviews',
    description: 'Reviews of pull requests: what they cost, whether they come, what they find.',
    variables: [],
    rows: [cost(reviewer), JOBS, REVIEWS],
  };
}
