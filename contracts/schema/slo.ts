import { z } from 'zod';
import { FIRST_TOKEN_BUCKETS } from '../latency-buckets.ts';

const Objective = z
  .number()
  .min(50)
  .max(99.999)
  .describe('percent of the requests of 30 days for which it must hold');

export const Slo = z
  .strictObject({
    availability: Objective.default(99.9).describe('percent of requests that are not answered with a 5xx'),
    firstToken: z
      .strictObject({
        seconds: z
          .literal(FIRST_TOKEN_BUCKETS)
          .default(3)
          .describe('from the complete request to the first token; an upper bound of the histogram'),
        percent: Objective.default(95),
      })
      .prefault({}),
    leastRequestsPerSecond: z
      .number()
      .min(0)
      .default(0.02)
      .describe('of a model; below it a burnt budget alerts nobody, because a single error would'),
  })
  .describe('what the environment promises for each of its models; alerts go by it');
