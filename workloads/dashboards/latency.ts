import type { Environment } from '../../contracts/environment.ts';
import {
  BY_RELEASE,
  type DashboardPlan,
  distribution,
  MODEL,
  type Panel,
  quantile,
  quantiles,
  RELEASE,
  type Row,
  rate,
} from './panel.ts';

const BY = 'model, release';

/** The 95th percentile of first tokens at the gateway, with the environment's objective. */
export function firstTokenP95({ slo }: Environment): Panel {
  return {
    title: 'First token, 95th percentile',
    description:
      'From the complete request to the first content, reasoning or tool call of a stream, at the gateway, where the client is.',
    kind: 'lines',
    unit: 's',
    threshold: { value: slo.firstToken.seconds, bad: 'above' },
    queries: [{ expr: quantile(0.95, 'oss_first_token_latency', BY), legend: BY_RELEASE }],
  };
}

/** The same for the middle: what most clients see. */
const FIRST_TOKEN_MEDIAN: Panel = {
  title: 'First token, median by release',
  description: 'Half of the streams begin sooner.',
  kind: 'lines',
  unit: 's',
  queries: [{ expr: quantile(0.5, 'oss_first_token_latency', BY), legend: BY_RELEASE }],
};

function inTime({ slo }: Environment): Panel {
  return {
    title: `First tokens within ${slo.firstToken.seconds} s`,
    description: `Share of the last hour's streams; the objective is ${slo.firstToken.percent} %.`,
    kind: 'number',
    unit: 'percentunit',
    threshold: { value: slo.firstToken.percent / 100, bad: 'below' },
    width: 8,
    queries: [{ expr: `1 - model:first_token_slow_ratio:rate1h{${MODEL}}`, legend: '{{model}}' }],
  };
}

function overRange(title: string, description: string, share: number): Panel {
  return {
    title,
    description,
    kind: 'number',
    unit: 's',
    width: 8,
    queries: [
      {
        expr: `histogram_quantile(${share}, ${rate('oss_first_token_latency_bucket', 'le', RELEASE, '$__range')})`,
        legend: `p${share * 100}`,
      },
    ],
  };
}

/** Two numbers for all that is shown. */
export const FIRST_TOKEN_NUMBERS: readonly Panel[] = [
  overRange('First token, median', 'Of everything in the time shown: half of the streams began sooner.', 0.5),
  overRange('First token, p95', 'Of everything in the time shown: one stream of twenty began later.', 0.95),
];

const PHASES = ['queue', 'prefill', 'decode'] as const;

const ON_SERVERS: Row = {
  title: 'On own servers',
  panels: [
    {
      title: 'End to end',
      description: 'From arrival at a vLLM server to the last token.',
      kind: 'lines',
      unit: 's',
      queries: quantiles('vllm:e2e_request_latency_seconds'),
    },
    {
      title: 'End to end, distribution',
      description: 'Requests by how long they took on a vLLM server.',
      kind: 'heatmap',
      unit: 's',
      queries: distribution('vllm:e2e_request_latency_seconds'),
    },
    {
      title: 'Phases, 95th percentile',
      description:
        'Waiting for a place, reading the prompt, generating. A long queue wants more servers; a long prefill wants more cache hits.',
      kind: 'lines',
      unit: 's',
      queries: PHASES.map((phase) => ({
        expr: quantile(0.95, `vllm:request_${phase}_time_seconds`, BY),
        legend: `${BY_RELEASE} ${phase}`,
      })),
    },
    {
      title: 'End to end, 95th percentile by release',
      description: 'The same by release: what a canary changes.',
      kind: 'lines',
      unit: 's',
      queries: [{ expr: quantile(0.95, 'vllm:e2e_request_latency_seconds', BY), legend: BY_RELEASE }],
    },
  ],
};

/** How fast is it? */
export function latencyDashboard(environment: Environment): DashboardPlan {
  return {
    uid: 'fleet-latency',
    title: 'Latency',
    description: 'Distribution of first tokens, of the time between tokens and of whole answers.',
    variables: ['model', 'release'],
    rows: [
      {
        title: 'First token, at the gateway',
        panels: [
          inTime(environment),
          ...FIRST_TOKEN_NUMBERS,
          { ...firstTokenP95(environment), width: 8 },
          { ...FIRST_TOKEN_MEDIAN, width: 8 },
          {
            title: 'First token, quantiles',
            description: 'Over everything that is selected.',
            kind: 'lines',
            unit: 's',
            width: 8,
            queries: quantiles('oss_first_token_latency'),
          },
          {
            title: 'First token, distribution',
            description:
              'Streams by the time to their first token. Two bands are two kinds of request: with and without a cached prefix.',
            kind: 'heatmap',
            unit: 's',
            width: 24,
            queries: distribution('oss_first_token_latency'),
          },
        ],
      },
      {
        title: 'Between tokens, at the gateway',
        panels: [
          {
            title: 'Between tokens, 95th percentile',
            description: 'Seconds between two events with tokens of a stream, by release.',
            kind: 'lines',
            unit: 's',
            width: 8,
            queries: [{ expr: quantile(0.95, 'oss_inter_token_latency', BY), legend: BY_RELEASE }],
          },
          {
            title: 'Between tokens, quantiles',
            description: 'Over everything that is selected.',
            kind: 'lines',
            unit: 's',
            width: 8,
            queries: quantiles('oss_inter_token_latency'),
          },
          {
            title: 'Between tokens, distribution',
            description: 'Pauses by their length.',
            kind: 'heatmap',
            unit: 's',
            width: 8,
            queries: distribution('oss_inter_token_latency'),
          },
        ],
      },
      ON_SERVERS,
    ],
  };
}
