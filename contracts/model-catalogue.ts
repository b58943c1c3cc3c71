import type { Price } from './price.ts';

/**
 * What the toolkit knows of a model. Lengths in tokens, sizes in GiB.
 * Whatever is absent is unknown: a rule that needs it does not apply.
 */
export interface ModelDefinition {
  /** Where vLLM finds the weights. Absent: no weights were published, own nodes cannot serve it. */
  readonly weights?: string;
  readonly contextTokens: number;
  readonly price: Price;
  /** Billions of parameters. */
  readonly totalParameters?: number;
  /** Billions of parameters that one token passes through. */
  readonly activeParameters?: number;
  readonly layers?: number;
  /** Those of the layers that look back no further than `slidingWindow`. Absent: none. */
  readonly slidingLayers?: number;
  readonly slidingWindow?: number;
  readonly attentionHeads?: number;
  readonly kvHeads?: number;
  /** Width of one attention head. */
  readonly headDim?: number;
  /** Size on disk. */
  readonly checkpointGiB?: number;
  /** What vLLM reports as "Model loading took", over all GPUs. Absent: as on disk. */
  readonly loadedGiB?: number;
  /** Lowest vLLM that serves the model as the toolkit does, such as 0.10.2. */
  readonly lowestVllm?: string;
  readonly limits?: readonly KnownLimit[];
}

/** A limit that was found by running the model, where arithmetic does not show it. */
export interface KnownLimit {
  readonly gpu: string;
  readonly tensorParallel: number;
  readonly utilizationAtLeast?: number;
  readonly utilizationBelow?: number;
  readonly batchedTokensAtMost?: number;
}

/** Known limitations in vLLM's recipe: vllm-project/recipes, OpenAI/GPT-OSS.md, read 2026-08-21. */
const GPT_OSS_120B_LIMITS: readonly KnownLimit[] = [
  { gpu: 'H100', tensorParallel: 1, utilizationAtLeast: 0.95, batchedTokensAtMost: 1024 },
  { gpu: 'H100', tensorParallel: 2, utilizationBelow: 0.95 },
];

/**
 * Prices and contexts: article of 2025-08-18. Architecture: the models' config.json on huggingface.co, read 2026-11-23.
 * Loaded sizes: boot logs of 120b in vllm-project/vllm#23278 (2025-08-20; 64.38 in #33155, 2026-01-27) and of 20b on
 * myoceane.fr (2026-04-18). Lowest version: `--tool-call-parser openai`, vllm-project/recipes#83.
 */
export const MODEL_CATALOGUE: Readonly<Record<string, ModelDefinition>> = {
  'gpt-oss-120b': {
    weights: 'openai/gpt-oss-120b',
    contextTokens: 131_072,
    price: { input: 0.15, output: 0.6 },
    totalParameters: 116.8,
    activeParameters: 5.1,
    layers: 36,
    slidingLayers: 18,
    slidingWindow: 128,
    attentionHeads: 64,
    kvHeads: 8,
    headDim: 64,
    checkpointGiB: 60.8,
    loadedGiB: 65.97,
    lowestVllm: '0.10.2',
    limits: GPT_OSS_120B_LIMITS,
  },
  'gpt-oss-20b': {
    weights: 'openai/gpt-oss-20b',
    contextTokens: 131_072,
    price: { input: 0.05, output: 0.2 },
    totalParameters: 20.9,
    activeParameters: 3.6,
    layers: 24,
    slidingLayers: 12,
    slidingWindow: 128,
    attentionHeads: 64,
    kvHeads: 8,
    headDim: 64,
    checkpointGiB: 12.8,
    loadedGiB: 13.72,
    lowestVllm: '0.10.2',
  },
  'gpt-oss-7b': { contextTokens: 16_384, price: { input: 0.01, output: 0.05 } },
};
