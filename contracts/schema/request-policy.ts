import { z } from 'zod';
import { Seconds } from './values.ts';

/** OpenAI's own names; what a request does not say itself. */
export const RequestDefaults = z
  .strictObject({
    temperature: z.number().min(0).max(2),
    top_p: z.number().gt(0).max(1),
    frequency_penalty: z.number().min(-2).max(2),
    presence_penalty: z.number().min(-2).max(2),
    reasoning_effort: z.enum(['low', 'medium', 'high']),
    max_tokens: z.int().min(1).describe("of the answer, by each API's own name"),
  })
  .partial();
export type RequestDefaults = z.output<typeof RequestDefaults>;

export const RequestCaps = z.strictObject({
  maxOutputTokens: z
    .int()
    .min(1)
    .optional()
    .describe('a request that asks for more gets 400; one that asks for nothing gets this'),
});
export type RequestCaps = z.output<typeof RequestCaps>;

export const Timeouts = z
  .strictObject({
    firstToken: Seconds.describe('of a stream, from the complete request; default: idle alone holds'),
    idle: Seconds.describe('silence of the server; default 600'),
    total: Seconds.describe('from the complete request to its last byte; default 3600'),
  })
  .partial();
export type Timeouts = z.output<typeof Timeouts>;

export const KeepAlive = z
  .int()
  .min(0)
  .max(3_600)
  .describe('seconds between comments in a stream whose first token has not come; 0: none; default 15');
