import type { EngineStats } from '../engine-stats.ts';
import type { ServerOptions } from '../server-options.ts';
import { cacheConfig } from './cache-config.ts';
import { type Counter, counter, type Family, gauge, type Histogram, histogram } from './exposition.ts';

const REQUEST_TOKENS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const ITERATION_TOKENS = [1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];
const FIRST_TOKEN_SECONDS = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640,
  2560,
];
const TOKEN_SECONDS = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
];
const LATENCY_SECONDS = [
  0.3, 0.5, 0.8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
];
const PREEMPTIONS = [1, 2, 3, 4, 5, 10, 20];
const PARAMETER_N = [1, 2, 5, 10, 20];

/** What the gauges show when the page is read. */
export interface EngineGauges {
  readonly running: number;
  readonly waiting: number;
  /** Share of the KV cache in use by running requests, 0 to 1. */
  readonly kvCacheUsage: number;
}

export type RejectionReason = 'max_num_queued_reqs' | 'max_num_queued_tokens';

export interface VllmMetrics extends EngineStats {
  rejected(reason: RejectionReason): void;
  readonly families: readonly Family[];
}

/**
 * The `vllm:` part of the page, in the order of vLLM 0.32 (v1/metrics/loggers.py).
 *
 * One deliberate difference: vLLM forgets requests whose client left, so that its
 * `request_success_total{finished_reason="abort"}` only counts what the server aborts. Here client aborts are counted
 * there too (but observed in no histogram), unless `countClientAborts` is false.
 */
export function createVllmMetrics(parts: {
  server: ServerOptions;
  gauges: () => EngineGauges;
  seconds: () => number;
  countClientAborts: () => boolean;
}): VllmMetrics {
  const { server, gauges, seconds } = parts;
  const model_name = server.servedModelNames[0] ?? server.model;
  const base = { engine: '0', model_name };
  const families: Family[] = [];

  const addCounter = (
    name: string,
    help: string,
    series: readonly Readonly<Record<string, string>>[] = [base],
  ): Counter => {
    const made = counter({ name: `vllm:${name}`, help, series, seconds });
    families.push(made);
    return made;
  };
  const addHistogram = (name: string, bounds: readonly number[], help: string): Histogram => {
    const made = histogram({ name: `vllm:${name}`, help, bounds, series: [base], seconds });
    families.push(made);
    return made;
  };
  const addGauge = (
    name: string,
    help: string,
    read: () => readonly (readonly [Readonly<Record<string, string>>, number])[],
  ) => {
    families.push(gauge({ name: `vllm:${name}`, help, read }));
  };
  const labelled = (label: string, values: readonly string[]) =>
    values.map((value) => ({ ...base, [label]: value }));

  addCounter(
    'estimated_flops_per_gpu',
    'Estimated number of floating point operations per GPU (for Model Flops Utilization calculations).',
  );
  addCounter(
    'estimated_read_bytes_per_gpu',
    'Estimated number of bytes read from memory per GPU (for Model Flops Utilization calculations).',
  );
  addCounter(
    'estimated_write_bytes_per_gpu',
    'Estimated number of bytes written to memory per GPU (for Model Flops Utilization calculations).',
  );
  addGauge('num_requests_running', 'Number of requests in model execution batches.', () => [
    [base, gauges().running],
  ]);
  addGauge('num_requests_waiting', 'Number of requests waiting to be processed.', () => [
    [base, gauges().waiting],
  ]);
  addGauge(
    'num_requests_waiting_by_reason',
    "Number of waiting requests by reason. Reason labels: 'capacity' = waiting for scheduling capacity; 'deferred' = deferred by transient constraints (LoRA budget, KV transfer, blocked status). Sum of all reasons equals vllm:num_requests_waiting.",
    () => [
      [{ ...base, reason: 'capacity' }, gauges().waiting],
      [{ ...base, reason: 'deferred' }, 0],
    ],
  );
  addGauge(
    'engine_sleep_state',
    'Engine sleep state; awake = 0 means engine is sleeping; awake = 1 means engine is awake; weights_offloaded = 1 means sleep level 1; discard_all = 1 means sleep level 2.',
    () => [
      [{ ...base, sleep_state: 'awake' }, 1],
      [{ ...base, sleep_state: 'weights_offloaded' }, 0],
      [{ ...base, sleep_state: 'discard_all' }, 0],
    ],
  );
  addGauge('kv_cache_usage_perc', 'KV-cache usage. 1 means 100 percent usage.', () => [
    [base, gauges().kvCacheUsage],
  ]);
  const queries = addCounter(
    'prefix_cache_queries',
    'Prefix cache queries, in terms of number of queried tokens.',
  );
  const hits = addCounter('prefix_cache_hits', 'Prefix cache hits, in terms of number of cached tokens.');
  addCounter(
    'external_prefix_cache_queries',
    'External prefix cache queries from KV connector cross-instance cache sharing, in terms of number of queried tokens.',
  );
  addCounter(
    'external_prefix_cache_hits',
    'External prefix cache hits from KV connector cross-instance cache sharing, in terms of number of cached tokens.',
  );
  addCounter('mm_cache_queries', 'Multi-modal cache queries, in terms of number of queried items.');
  addCounter('mm_cache_hits', 'Multi-modal cache hits, in terms of number of cached items.');
  addCounter('num_preemptions', 'Cumulative number of preemption from the engine.');
  const promptTokens = addCounter('prompt_tokens', 'Number of prefill tokens processed.');
  const bySource = addCounter(
    'prompt_tokens_by_source',
    'Number of prompt tokens by source.',
    labelled('source', ['local_compute', 'local_cache_hit', 'external_kv_transfer']),
  );
  const promptCached = addCounter(
    'prompt_tokens_cached',
    'Number of cached prompt tokens (local + external).',
  );
  const cachedBySource = addCounter(
    'prompt_tokens_cached_by_source',
    'Prefix-cache hit tokens by the cache tier that supplied them: device (local HBM), host (offloaded to DRAM), disk, p2p (transferred from another vLLM instance) or external_unspecified. Counted at admission; sums to vllm:prefix_cache_hits + vllm:external_prefix_cache_hits.',
    labelled('source', ['device', 'host', 'p2p', 'disk', 'external_unspecified']),
  );
  const generationTokens = addCounter('generation_tokens', 'Number of generation tokens processed.');
  const success = addCounter(
    'request_success',
    'Count of successfully processed requests.',
    labelled('finished_reason', ['stop', 'length', 'abort', 'error', 'repetition']),
  );
  const rejections = addCounter(
    'admission_rejections',
    'Number of admission attempts rejected by a queue limit, by reason.',
    [
      { model_name, reason: 'max_num_queued_reqs' },
      { model_name, reason: 'max_num_queued_tokens' },
    ],
  );
  const requestPrompt = addHistogram(
    'request_prompt_tokens',
    REQUEST_TOKENS,
    'Number of prefill tokens processed.',
  );
  const requestGeneration = addHistogram(
    'request_generation_tokens',
    REQUEST_TOKENS,
    'Number of generation tokens processed.',
  );
  const iterationTokens = addHistogram(
    'iteration_tokens_total',
    ITERATION_TOKENS,
    'Histogram of number of tokens per engine_step.',
  );
  const maxGeneration = addHistogram(
    'request_max_num_generation_tokens',
    REQUEST_TOKENS,
    'Histogram of maximum number of requested generation tokens.',
  );
  const parameterN = addHistogram('request_params_n', PARAMETER_N, 'Histogram of the n request parameter.');
  const parameterMax = addHistogram(
    'request_params_max_tokens',
    REQUEST_TOKENS,
    'Histogram of the max_tokens request parameter.',
  );
  const firstToken = addHistogram(
    'time_to_first_token_seconds',
    FIRST_TOKEN_SECONDS,
    'Histogram of time to first token in seconds.',
  );
  const interToken = addHistogram(
    'inter_token_latency_seconds',
    TOKEN_SECONDS,
    'Histogram of inter-token latency in seconds.',
  );
  const perToken = addHistogram(
    'request_time_per_output_token_seconds',
    TOKEN_SECONDS,
    'Histogram of time_per_output_token_seconds per request.',
  );
  const endToEnd = addHistogram(
    'e2e_request_latency_seconds',
    LATENCY_SECONDS,
    'Histogram of e2e request latency in seconds.',
  );
  const queueTime = addHistogram(
    'request_queue_time_seconds',
    LATENCY_SECONDS,
    'Histogram of time spent in WAITING phase for request.',
  );
  const inferenceTime = addHistogram(
    'request_inference_time_seconds',
    LATENCY_SECONDS,
    'Histogram of time spent in RUNNING phase for request.',
  );
  const prefillTime = addHistogram(
    'request_prefill_time_seconds',
    LATENCY_SECONDS,
    'Histogram of time spent in PREFILL phase for request.',
  );
  const decodeTime = addHistogram(
    'request_decode_time_seconds',
    LATENCY_SECONDS,
    'Histogram of time spent in DECODE phase for request.',
  );
  const preemptions = addHistogram(
    'request_num_preemptions',
    PREEMPTIONS,
    'Histogram of the number of times a request was preempted.',
  );
  const computedTokens = addHistogram(
    'request_prefill_kv_computed_tokens',
    REQUEST_TOKENS,
    'Histogram of new KV tokens computed during prefill (excluding cached tokens).',
  );
  addGauge('cache_config_info', 'Information of the LLMEngine CacheConfig', () => [[cacheConfig(server), 1]]);

  return {
    families,
    rejected: (reason) => rejections.inc({ model_name, reason }),
    queried(tokens, found) {
      queries.inc(base, tokens);
      hits.inc(base, found);
      cachedBySource.inc({ ...base, source: 'device' }, found);
    },
    firstToken({ prompt, cached, milliseconds }) {
      promptTokens.inc(base, prompt);
      bySource.inc({ ...base, source: 'local_compute' }, prompt - cached);
      bySource.inc({ ...base, source: 'local_cache_hit' }, cached);
      promptCached.inc(base, cached);
      firstToken.observe(base, milliseconds / 1000);
    },
    generated(count, intervals, milliseconds) {
      generationTokens.inc(base, count);
      if (intervals > 0) interToken.observe(base, milliseconds / 1000 / intervals, intervals);
    },
    iteration: (tokens) => iterationTokens.observe(base, tokens),
    finished({ reason, promptTokens: prompt, cachedTokens, generatedTokens, maxTokens, milliseconds }) {
      success.inc({ ...base, finished_reason: reason });
      endToEnd.observe(base, milliseconds.total / 1000);
      queueTime.observe(base, milliseconds.queued / 1000);
      prefillTime.observe(base, milliseconds.prefill / 1000);
      inferenceTime.observe(base, (milliseconds.prefill + milliseconds.decode) / 1000);
      decodeTime.observe(base, milliseconds.decode / 1000);
      preemptions.observe(base, 0);
      computedTokens.observe(base, prompt - cachedTokens);
      requestPrompt.observe(base, prompt);
      requestGeneration.observe(base, generatedTokens);
      maxGeneration.observe(base, generatedTokens);
      parameterN.observe(base, 1);
      parameterMax.observe(base, maxTokens);
      perToken.observe(base, generatedTokens > 1 ? milliseconds.decode / 1000 / (generatedTokens - 1) : 0);
    },
    clientAborted() {
      if (parts.countClientAborts()) success.inc({ ...base, finished_reason: 'abort' });
    },
  };
}
