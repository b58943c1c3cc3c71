import { BY_RELEASE, type DashboardPlan, MODEL, type Panel, quantile, RELEASE, rate } from './panel.ts';

const BY = 'model, release';
const ANSWERED = `${MODEL},release!="none"`;
const ROLE = '{{model}} {{role}} ({{release}})';

/** Of all that a model got, what each release got. */
function share(metric: string): string {
  return `${rate(metric, BY, ANSWERED)} / on (model) group_left () (${rate(metric, 'model', ANSWERED)} > 0)`;
}

function shares(title: string, metric: string, what: string): Panel {
  return {
    title,
    description: `What part of a model's ${what} each release got. Differs from the weights where long conversations stay, or where answers differ in length.`,
    kind: 'lines',
    unit: 'percentunit',
    max: 1,
    width: 6,
    queries: [{ expr: share(metric), legend: BY_RELEASE }],
  };
}

/** Stable and canary next to each other. */
function byRole(value: string): string {
  return `${value} * on (model, release) group_left (role) release:role:info{${RELEASE},role=~"stable|canary"}`;
}

function compared(title: string, description: string, unit: Panel['unit'], value: string): Panel {
  return {
    title,
    description,
    kind: 'lines',
    unit,
    queries: [{ expr: byRole(value), legend: ROLE }],
  };
}

const WEIGHTS: Panel = {
  title: 'Weights',
  description: 'What the routers have loaded; routers that differ show as the highest.',
  kind: 'lines',
  unit: 'percentunit',
  max: 1,
  width: 6,
  queries: [
    {
      expr: `max by (model, release) (fleet_release_weight_percent{${RELEASE}}) / 100`,
      legend: BY_RELEASE,
    },
  ],
};

/** Does the canary get what it should, and is it as good as stable? */
export function rolloutDashboard(): DashboardPlan {
  return {
    uid: 'fleet-rollout',
    title: 'Rollout',
    description: 'Weights against what releases really got, and the canary against stable.',
    variables: ['model', 'release'],
    rows: [
      {
        title: 'Wanted and real share',
        panels: [
          WEIGHTS,
          shares('Share of requests', 'oss_requests_total', 'requests'),
          shares('Share of tokens', 'oss_tokens_total', 'tokens'),
          shares('Share of dollars', 'oss_token_cost_usd', 'dollars'),
        ],
      },
      {
        title: 'Canary against stable',
        panels: [
          compared(
            'Errors',
            'Share of the requests of 5 minutes that the client got a 5xx for.',
            'percentunit',
            'release:request_error_ratio:rate5m',
          ),
          compared(
            'First token, 95th percentile',
            'Of 5 minutes, at the gateway.',
            's',
            'release:first_token_seconds:p95_5m',
          ),
          compared(
            'Between tokens, 95th percentile',
            'At the gateway.',
            's',
            quantile(0.95, 'oss_inter_token_latency', BY),
          ),
          compared(
            'Requests',
            'Per second, of 5 minutes: too few, and nothing above means much.',
            'reqps',
            'release:requests:rate5m',
          ),
        ],
      },
    ],
  };
}
