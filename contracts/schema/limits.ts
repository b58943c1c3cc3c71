import { z } from 'zod';

const PerMinute = z.int().min(1).max(1_000_000_000);
const Dollars = z.number().min(0).max(1_000_000);

/** What one API key may use. A field that says nothing sets no limit. Days and months are those of UTC. */
export const Limits = z.strictObject({
  requestsPerMinute: PerMinute.optional(),
  tokensPerMinute: PerMinute.optional().describe('prompt and generated tokens'),
  parallel: z.int().min(1).max(100_000).optional().describe('requests under way at a time'),
  usdPerDay: Dollars.optional().describe('US dollars per day of UTC'),
  usdPerMonth: Dollars.optional().describe('US dollars per calendar month of UTC'),
});
export type Limits = z.output<typeof Limits>;
