import { z } from 'zod';
import { Name, Seconds } from './values.ts';

const Tokens = z.int().min(1);

/** How long histories are cut; what an API key may set for itself. */
export const CompressionLengths = z.strictObject({
  threshold: Tokens.describe('tokens; a shorter request is never touched'),
  target: Tokens.describe('tokens of one summary'),
  tail: Tokens.describe('tokens at the end that stay word for word'),
  step: Tokens.describe('tokens that one summary replaces at least'),
});

export const COMPRESSION_DEFAULTS = { target: 200, tail: 2000, step: 8000 } as const;

export const Compression = z
  .strictObject({
    ...CompressionLengths.shape,
    target: CompressionLengths.shape.target.default(COMPRESSION_DEFAULTS.target),
    tail: CompressionLengths.shape.tail.default(COMPRESSION_DEFAULTS.tail),
    step: CompressionLengths.shape.step.default(COMPRESSION_DEFAULTS.step),
    model: Name.describe('the model of this environment that writes the summaries'),
    timeout: Seconds.default(30).describe('seconds that the summaries of one request may take'),
  })
  .describe('summarise old turns of long conversations; docs/operations/compression.md');
