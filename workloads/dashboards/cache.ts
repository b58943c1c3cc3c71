import { BY_RELEASE, type DashboardPlan, type Panel, RELEASE, rate, ratio } from './panel.ts';

const BY_NODE = 'model, release, node';
const NODE = `${BY_RELEASE} node {{node}}`;
const SERVER = `${BY_RELEASE} {{instance}}`;
const BY_SERVER = 'model, release, node, instance';

export const HIT_RATIO_BY_NODE: Panel = {
  title: 'Prefix cache hits by node',
  description:
    'Share of the prompt tokens that a node found in its prefix cache. A node far below the others of its release gets conversations that began elsewhere.',
  kind: 'lines',
  unit: 'percentunit',
  max: 1,
  queries: [
    {
      expr: ratio(
        rate('vllm:prefix_cache_hits_total', BY_NODE),
        rate('vllm:prefix_cache_queries_total', BY_NODE),
      ),
      legend: NODE,
    },
  ],
};

export const HITS_IN_RANGE: Panel = {
  title: 'Prompt tokens found in the cache',
  description: 'Of all own nodes, in the time shown.',
  kind: 'number',
  unit: 'percentunit',
  width: 24,
  queries: [
    {
      expr: ratio(
        `sum(increase(vllm:prefix_cache_hits_total{${RELEASE}}[$__range]))`,
        `sum(increase(vllm:prefix_cache_queries_total{${RELEASE}}[$__range]))`,
      ),
      legend: 'hits',
    },
  ],
};

const HIT_RATIO_BY_RELEASE: Panel = {
  title: 'Prefix cache hits by release',
  description: 'The same over all nodes of a release.',
  kind: 'lines',
  unit: 'percentunit',
  max: 1,
  queries: [
    {
      expr: ratio(
        rate('vllm:prefix_cache_hits_total', 'model, release'),
        rate('vllm:prefix_cache_queries_total', 'model, release'),
      ),
      legend: BY_RELEASE,
    },
  ],
};

const CHARGED_AS_CACHED: Panel = {
  title: 'Prompt tokens charged as cached',
  description:
    'Share of the prompt tokens that the answer itself said were cached, at the gateway, public endpoints included.',
  kind: 'lines',
  unit: 'percentunit',
  max: 1,
  queries: [
    {
      expr: ratio(
        rate('oss_tokens_total', 'model, release', `kind="cached_input",${RELEASE}`),
        rate('oss_tokens_total', 'model, release', `kind=~"input|cached_input",${RELEASE}`),
      ),
      legend: BY_RELEASE,
    },
  ],
};

const KV_CACHE: Panel = {
  title: 'KV cache in use',
  description:
    'Share of the KV cache of each server. Near 100 % requests wait, or are thrown out and begun again.',
  kind: 'lines',
  unit: 'percentunit',
  max: 1,
  threshold: { value: 0.95, bad: 'above' },
  queries: [{ expr: `avg by (${BY_SERVER}) (vllm:kv_cache_usage_perc{${RELEASE}})`, legend: SERVER }],
};

const PREEMPTIONS: Panel = {
  title: 'Preemptions',
  description: 'Requests per second that were begun and thrown out of the KV cache, by server.',
  kind: 'lines',
  unit: 'suffix: per s',
  queries: [{ expr: rate('vllm:num_preemptions_total', BY_SERVER), legend: SERVER }],
};

const REQUESTS: Panel = {
  title: 'Requests that run and wait',
  description: 'On own servers, by release.',
  kind: 'lines',
  unit: 'short',
  queries: (['running', 'waiting'] as const).map((state) => ({
    expr: `sum by (model, release) (vllm:num_requests_${state}{${RELEASE}})`,
    legend: `${BY_RELEASE} ${state}`,
  })),
};

const PROMPT_TOKENS: Panel = {
  title: 'Prompt tokens by where they came from',
  description: 'Tokens per second that servers computed, or found in a cache.',
  kind: 'area',
  unit: 'suffix: tokens/s',
  queries: [{ expr: rate('vllm:prompt_tokens_by_source_total', 'source'), legend: '{{source}}' }],
};

/** Does the cache work? */
export function cacheDashboard(): DashboardPlan {
  return {
    uid: 'fleet-cache',
    title: 'Cache',
    description: 'How often the prefix cache hits, by node and release, and how full the KV cache is.',
    variables: ['model', 'release'],
    rows: [
      {
        title: 'Prefix cache',
        panels: [HITS_IN_RANGE, HIT_RATIO_BY_NODE, HIT_RATIO_BY_RELEASE, CHARGED_AS_CACHED, PROMPT_TOKENS],
      },
      {
        title: 'KV cache',
        panels: [KV_CACHE, PREEMPTIONS, REQUESTS].map((panel) => ({ ...panel, width: 8 })),
      },
    ],
  };
}
