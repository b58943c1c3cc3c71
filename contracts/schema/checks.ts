import { z } from 'zod';

const Suppression = z.strictObject({
  rule: z.string().min(1).describe('id of the rule, see docs/operations/plan-checks.md'),
  address: z
    .string()
    .min(1)
    .describe('address of the resource, * for any text; `plan` for a finding of the plan as a whole'),
  reason: z.string().min(10, 'must say why, in at least 10 characters'),
  expires: z.iso.date('must be a day such as 2026-12-31').describe('last day on which it counts'),
});

export const Checks = z
  .strictObject({
    budget: z
      .strictObject({ usdPerHour: z.number().positive() })
      .optional()
      .describe('what the GPU machines of the environment may cost at list price'),
    canaryStep: z
      .number()
      .min(1)
      .max(100)
      .default(25)
      .describe('points that a canary may grow by in one plan'),
    suppress: z.array(Suppression).default([]).describe('findings that are accepted until a day'),
  })
  .describe('what `fleet check` asks of a plan beyond its rules');
