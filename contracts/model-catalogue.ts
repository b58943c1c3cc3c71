import type { Price } from './price.ts';

/** What the toolkit knows of a model. Lengths in tokens, sizes in GiB. */
export interface ModelDefinition {
  /** Where vLLM finds the weights. Absent: no weights were published, own nodes cannot serve it. */
  readonly weights?: string;
  readonly contextTokens: number;
  readonly price: Price;
  readonly attentionHeads?: number;
  readonly kvHeads?: number;
  readonly checkpointGiB?: number;
}

/** Prices and contexts: article of 2025-08-18; architecture: the models' config.json on huggingface.co, read 2026-11-23. */
export const MODEL_CATALOGUE: Readonly<Record<string, ModelDefinition>> = {
  'gpt-oss-120b': {
    weights: 'openai/gpt-oss-120b',
    contextTokens: 131_072,
    price: { input: 0.15, output: 0.6 },
    attentionHeads: 64,
    kvHeads: 8,
    checkpointGiB: 60.8,
  },
  'gpt-oss-20b': {
    weights: 'openai/gpt-oss-20b',
    contextTokens: 131_072,
    price: { input: 0.05, output: 0.2 },
    attentionHeads: 64,
    kvHeads: 8,
    checkpointGiB: 12.8,
  },
  'gpt-oss-7b': { contextTokens: 16_384, price: { input: 0.01, output: 0.05 } },
};
