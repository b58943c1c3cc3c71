import type { NodesDocument } from './environment-schema.ts';
import type { Machine } from './machine-catalogue.ts';
import type { KnownLimit, ModelDefinition } from './model-catalogue.ts';
import { placementOf } from './release.ts';

/** A model on the GPUs of a machine, as a release of own nodes wants it. */
export interface Fitting {
  readonly nodes: NodesDocument;
  readonly definition: ModelDefinition;
  readonly machine: Machine;
}

/** What a vLLM server is told of memory: the values of the flags of the same names. */
export interface EngineSettings {
  readonly gpuMemoryUtilization: number;
  readonly maxNumBatchedTokens: number;
}

/** Memory in GiB on each of a server's GPUs. */
export interface MemoryNeed {
  readonly weightsGiB: number;
  readonly cacheGiB: number;
  readonly reserveGiB: number;
  readonly totalGiB: number;
}

const DEFAULT_UTILIZATION = 0.9;
/** Tokens in a block of KV cache: vLLM's default. */
const BLOCK_TOKENS = 16;
/** Keys and values, two bytes (BF16) each. */
const BYTES_PER_ELEMENT = 2 * 2;
const BYTES_PER_GIB = 2 ** 30;

/**
 * Activations, logits, CUDA graphs and what CUDA itself takes on each GPU: an estimate, set between runs that started
 * and runs that did not. Started: 120b on an H100 at utilization 0.95 with 1024 batched tokens (vLLM's recipe), 120b on
 * an A100-80GB with 4096 and a context of 32768 (docs.gpustack.ai, performance lab), 20b on an L4 with 128k (dev.to,
 * 2026-05-19). Did not: 120b on an H100 with the defaults (vllm-project/vllm#23278). One user's H100 did not start with
 * the recipe's settings either (#27508, 2025-10-31): the boot log's "Maximum concurrency" has the last word.
 */
const RESERVE = { baseGiB: 2, perBatchedTokenGiB: 0.5 / 1024 } as const;

/** The known limit of a model on this GPU with this tensor parallelism, if there is one. */
export function knownLimit({ nodes, definition, machine }: Fitting): KnownLimit | undefined {
  const { tensorParallel } = placementOf(nodes);
  return definition.limits?.find(
    (limit) => limit.gpu === machine.gpu && limit.tensorParallel === tensorParallel,
  );
}

/** What the environment says, else what is known to work for this model, GPU and tensor parallelism. */
export function engineSettings(fitting: Fitting): EngineSettings {
  const { nodes, machine } = fitting;
  const limit = knownLimit(fitting);
  return {
    gpuMemoryUtilization:
      nodes.gpuMemoryUtilization ?? Math.max(DEFAULT_UTILIZATION, limit?.utilizationAtLeast ?? 0),
    maxNumBatchedTokens:
      nodes.maxNumBatchedTokens ??
      Math.min(defaultBatchedTokens(machine), limit?.batchedTokensAtMost ?? Number.POSITIVE_INFINITY),
  };
}

/** vLLM's own default for its API server (`EngineArgs.get_batch_defaults`): large GPUs take more, A100s do not. */
function defaultBatchedTokens({ gpu, gpuMemoryGiB }: Machine): number {
  return gpuMemoryGiB >= 70 && !gpu.toLowerCase().includes('a100') ? 8192 : 2048;
}

/** The context a server is started with. */
export function maxModelLen({ nodes, definition }: Omit<Fitting, 'machine'>): number {
  return nodes.maxModelLen ?? definition.contextTokens;
}

/** What one of a server's GPUs has for vLLM, in GiB. */
export function memoryOffer(fitting: Fitting): number {
  return fitting.machine.gpuMemoryGiB * engineSettings(fitting).gpuMemoryUtilization;
}

/** What a server needs on each of its GPUs with this context. Undefined: too little is known of the model. */
export function memoryNeed(fitting: Fitting, contextTokens = maxModelLen(fitting)): MemoryNeed | undefined {
  const { nodes, definition } = fitting;
  const loadedGiB = definition.loadedGiB ?? definition.checkpointGiB;
  const { maxNumBatchedTokens } = engineSettings(fitting);
  const sequenceGiB = cacheOfSequence(fitting, contextTokens, maxNumBatchedTokens);
  if (loadedGiB === undefined || sequenceGiB === undefined) return undefined;
  const weightsGiB = loadedGiB / placementOf(nodes).tensorParallel;
  const cacheGiB = sequenceGiB * nodes.expectedConcurrency;
  const reserveGiB = RESERVE.baseGiB + RESERVE.perBatchedTokenGiB * maxNumBatchedTokens;
  return { weightsGiB, cacheGiB, reserveGiB, totalGiB: weightsGiB + cacheGiB + reserveGiB };
}

/**
 * KV cache of one sequence on each GPU, in blocks as vLLM counts them (`max_memory_usage_bytes` in
 * vllm/v1/kv_cache_interface.py): a layer with a sliding window keeps the window and the tokens being computed.
 */
function cacheOfSequence(
  { nodes, definition }: Fitting,
  contextTokens: number,
  batchedTokens: number,
): number | undefined {
  const { layers, slidingLayers = 0, slidingWindow, kvHeads, headDim } = definition;
  if (layers === undefined || kvHeads === undefined || headDim === undefined) return undefined;
  const headsPerGpu = Math.max(1, kvHeads / placementOf(nodes).tensorParallel);
  const blockGiB = (BLOCK_TOKENS * headsPerGpu * headDim * BYTES_PER_ELEMENT) / BYTES_PER_GIB;
  const fullBlocks = Math.ceil(contextTokens / BLOCK_TOKENS);
  const slidingBlocks =
    slidingWindow === undefined
      ? fullBlocks
      : Math.ceil(Math.min(slidingWindow - 1 + batchedTokens, contextTokens) / BLOCK_TOKENS) + 1;
  return ((layers - slidingLayers) * fullBlocks + slidingLayers * slidingBlocks) * blockGiB;
}

const CONTEXT_STEP = 1024;

/** The longest context up to the wanted one that fits, in steps of 1024 tokens; 0: none does. */
export function longestContext(fitting: Fitting): number {
  const offer = memoryOffer(fitting);
  const steps = Math.floor(maxModelLen(fitting) / CONTEXT_STEP);
  for (let step = steps; step > 0; step -= 1) {
    const need = memoryNeed(fitting, step * CONTEXT_STEP);
    if (need !== undefined && need.totalGiB <= offer) return step * CONTEXT_STEP;
  }
  return 0;
}
