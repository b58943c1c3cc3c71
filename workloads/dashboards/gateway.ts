import type { Environment } from '../../contracts/environment.ts';
import { runsRedis } from '../../contracts/redis-rules.ts';
import { BY_RELEASE, type DashboardPlan, MODEL, type Panel, RELEASE, type Row, rate } from './panel.ts';

const third = (panel: Omit<Panel, 'kind' | 'width'>): Panel => ({ ...panel, kind: 'lines', width: 8 });
const perSecond = (title: string, description: string, metric: string, label: string): Panel =>
  third({
    title,
    description,
    unit: 'suffix: per s',
    queries: [{ expr: `sum by (${label}) (rate(${metric}[$__rate_interval]))`, legend: `{{${label}}}` }],
  });

function objective({ slo }: Environment): Row {
  return {
    title: 'Objective',
    panels: [
      {
        title: 'Available, last hour',
        description: `Share of the requests without a 5xx; the objective is ${slo.availability} %.`,
        kind: 'number',
        unit: 'percentunit',
        width: 8,
        threshold: { value: slo.availability / 100, bad: 'below' },
        queries: [{ expr: `1 - model:request_error_ratio:rate1h{${MODEL}}`, legend: '{{model}}' }],
      },
      {
        title: 'Burn rate',
        description:
          'Errors ÷ errors that the objective allows, over an hour and over 6 hours. At 1 the budget of 30 days lasts 30 days; at 14.4 somebody is called.',
        kind: 'lines',
        unit: 'short',
        width: 16,
        threshold: { value: 14.4, bad: 'above' },
        queries: ['1h', '6h'].map((window) => ({
          expr: `model:request_error_ratio:rate${window}{${MODEL}} / ${Number((1 - slo.availability / 100).toPrecision(6))}`,
          legend: `{{model}} ${window}`,
        })),
      },
    ],
  };
}

const TRAFFIC: Row = {
  title: 'Requests',
  panels: [
    {
      title: 'Requests by status',
      description: 'Per second, as the client saw it; 499: it left before one was sent.',
      kind: 'area',
      unit: 'reqps',
      width: 8,
      queries: [{ expr: rate('oss_requests_total', 'code'), legend: '{{code}}' }],
    },
    third({
      title: 'Requests by release',
      description: 'Per second; release none: no release answered.',
      unit: 'reqps',
      queries: [{ expr: rate('oss_requests_total', 'model, release'), legend: BY_RELEASE }],
    }),
    third({
      title: 'Requests under way',
      description: 'Accepted and not ended, by model.',
      unit: 'short',
      queries: [{ expr: `sum by (model) (oss_requests_in_flight{${MODEL}})`, legend: '{{model}}' }],
    }),
    third({
      title: 'Cut streams',
      description: 'Per second: answers that ended before they were complete while the client was there.',
      unit: 'suffix: per s',
      queries: [{ expr: rate('oss_cut_streams_total', 'model, release'), legend: BY_RELEASE }],
    }),
    perSecond('Clients that left', 'Per second, by how far their request was.', 'oss_aborts_total', 'phase'),
    perSecond(
      'Sent again',
      'Requests per second that no server can have begun to work on.',
      'oss_retries_total',
      'reason',
    ),
  ],
};

const REFUSED: Row = {
  title: 'Refused and ended',
  panels: [
    perSecond('Refused by a limit', 'Per second, by what was used up.', 'oss_limit_refusals_total', 'reason'),
    perSecond('Refused because the gateway was full', 'Per second.', 'oss_sheds_total', 'reason'),
    perSecond('Ended because it took too long', 'Per second.', 'oss_timeouts_total', 'kind'),
  ],
};

const COMPRESSION: Row = {
  title: 'Compression',
  panels: [
    {
      ...perSecond(
        'Conversations',
        'Requests per second, by what became of their conversation.',
        'oss_compression_requests_total',
        'outcome',
      ),
      width: 12,
    },
    {
      title: 'Tokens left out',
      description: 'Tokens of conversations less those of their summaries.',
      kind: 'area',
      unit: 'suffix: tokens/s',
      queries: [{ expr: rate('oss_compression_tokens_removed_total', 'model', MODEL), legend: '{{model}}' }],
    },
  ],
};

function state(environment: Environment): Row {
  const redis: Panel = third({
    title: 'Redis',
    description: '1 while it answers. Without it each gateway keeps to limits on its own.',
    unit: 'short',
    max: 1,
    queries: [{ expr: 'min by (instance, use) (fleet_redis_up)', legend: '{{instance}} {{use}}' }],
  });
  const spans = perSecond(
    'Spans',
    'Per second, by what became of them: dropped where too many waited, refused by the receiver.',
    'fleet_trace_spans_total',
    'outcome',
  );
  return {
    title: 'State',
    panels: [
      third({
        title: 'Gateways by version of their configuration',
        description: 'More than one version for more than a moment: some have refused theirs.',
        unit: 'short',
        queries: [{ expr: 'count by (job, version) (fleet_config_info)', legend: '{{job}} {{version}}' }],
      }),
      third({
        title: 'Configuration refused',
        description: '1: the last one was broken, and an older one is in use.',
        unit: 'short',
        max: 1,
        queries: [{ expr: 'max by (job, instance) (fleet_config_refused)', legend: '{{job}} {{instance}}' }],
      }),
      third({
        title: 'Lines that the ledger lost',
        description: 'Per second. Above 0 bills are too low.',
        unit: 'suffix: per s',
        queries: [
          {
            expr: 'sum by (instance) (rate(fleet_ledger_lost_lines_total[$__rate_interval]))',
            legend: '{{instance}}',
          },
        ],
      }),
      third({
        title: 'Traces of the own format of the model',
        description: "Per second: answers with remains of the model's own format, and what was done.",
        unit: 'suffix: per s',
        queries: [
          { expr: rate('oss_harmony_leaks_total', 'kind, outcome', RELEASE), legend: '{{kind}} {{outcome}}' },
        ],
      }),
      ...(runsRedis(environment) || environment.gateway.redis !== undefined ? [redis] : []),
      ...(environment.gateway.tracing === undefined ? [] : [spans]),
    ],
  };
}

/** What do clients get? */
export function gatewayDashboard(environment: Environment): DashboardPlan {
  const compresses = Object.values(environment.models).some(({ compression }) => compression !== undefined);
  return {
    uid: 'fleet-gateway',
    title: 'Gateway',
    description: 'What clients get: availability against the objective, errors, refusals, compression.',
    variables: ['model', 'release'],
    rows: [
      objective(environment),
      TRAFFIC,
      REFUSED,
      ...(compresses ? [COMPRESSION] : []),
      state(environment),
    ],
  };
}
