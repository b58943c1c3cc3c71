import { z } from 'zod';
import { CompressionLengths } from './schema/compression.ts';

/** What a model's long histories are cut to, in `gateway.json`. Lengths in tokens. */
export const CompressionConfig = z.strictObject({
  ...CompressionLengths.shape,
  /** The model that writes the summaries. */
  model: z.string(),
  /** How long the summaries of one request may take. */
  timeoutSeconds: z.number().positive(),
});
export type CompressionConfig = z.output<typeof CompressionConfig>;

/** What an API key says about compression: none, or lengths of its own where a model is compressed. */
export const KeyCompression = z.union([z.literal(false), CompressionLengths.partial()]);
export type KeyCompression = z.output<typeof KeyCompression>;

/** A rule that lengths break, and the field that breaks it. */
export interface BrokenLength {
  readonly field: 'threshold' | 'tail' | 'step';
  readonly message: string;
}

/** A summary shorter than a quarter of what it replaces is worth its price. */
const LEAST_REDUCTION = 4;

/** @param contextTokens The compressed model's. Undefined: not known, that rule does not apply. */
export function brokenLengths(
  { threshold, target, tail, step }: z.output<typeof CompressionLengths>,
  contextTokens: number | undefined,
): BrokenLength[] {
  const broken: BrokenLength[] = [];
  if (contextTokens !== undefined && threshold >= contextTokens)
    broken.push({
      field: 'threshold',
      message: `must be below the model's context of ${contextTokens} tokens, got ${threshold}`,
    });
  if (tail + step > threshold)
    broken.push({
      field: 'threshold',
      message: `must be at least tail + step, ${tail} + ${step} tokens, got ${threshold}`,
    });
  if (step < LEAST_REDUCTION * target)
    broken.push({
      field: 'step',
      message: `must be at least ${LEAST_REDUCTION} times target, ${LEAST_REDUCTION * target} tokens, got ${step}`,
    });
  return broken;
}
