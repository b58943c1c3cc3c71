import { z } from 'zod';
import { hasTwoDecimals } from './weight.ts';

const Percent = z
  .number()
  .positive()
  .max(100)
  .refine(hasTwoDecimals, { message: 'must have at most two decimals' });
const Probability = z.number().gt(0).lt(0.5);

/** What happens where a step ends without enough evidence either way. `advance` gives up what alpha and power promise. */
export const ON_INCONCLUSIVE = ['pause', 'advance', 'rollback'] as const;

/** How a rollout goes and how it is judged: the flags of `fleet canary run`. */
export const RolloutSettings = z.strictObject({
  /** Percent of the stable+canary band, growing. Other releases keep their weights. */
  steps: z
    .array(Percent)
    .min(1)
    .refine((steps) => steps.every((step, index) => index === 0 || step > (steps[index - 1] ?? 0)), {
      message: 'must grow from step to step',
    })
    .default([1, 5, 20, 50, 100]),
  /** Least seconds that a step is watched, beyond those that are ignored. */
  holdSeconds: z.number().positive().default(600),
  /** Most seconds of it, where its sample needs longer than the hold. */
  longestHoldSeconds: z.number().positive().default(14_400),
  /** Seconds after a step that are ignored: conversations move, their prefix caches are cold. */
  settleSeconds: z.number().nonnegative().default(120),
  /** How often a step is looked at, the last time at its end. Harm ends it at any of them. */
  looks: z.int().min(1).max(20).default(5),
  /** Most probability that a canary exactly as good as stable is rolled back, over the whole rollout. */
  alpha: Probability.default(0.05),
  /** Least probability that a canary that is worse by the margin or more is not promoted. */
  power: z.number().gt(0.5).lt(1).default(0.95),
  /** By how much the canary may err more often, as a difference of ratios: 0.005 is half a point. */
  errorMargin: z.number().gt(0).lt(1).default(0.005),
  /** How many times as long the canary may take, for first tokens and between tokens: 1.15 is 15 % longer. */
  latencyMargin: z.number().gt(1).default(1.15),
  /** How many times as many first tokens may be slow; slow is what the slowest twentieth is. */
  tailMargin: z.number().gt(1).default(1.5),
  /** Bounds that hold whatever stable does. A sick stable beside a sick canary makes a verdict inconclusive. */
  guards: z
    .strictObject({
      errorRatio: z.number().gt(0).max(1).default(0.1),
      /** Mean seconds to the first token. */
      firstTokenSeconds: z.number().positive().optional(),
      /** Mean seconds between tokens. */
      interTokenSeconds: z.number().positive().optional(),
    })
    .prefault({}),
  /** Steps that begin only after somebody has approved them. */
  gates: z.array(Percent).default([]),
  onInconclusive: z.enum(ON_INCONCLUSIVE).default('pause'),
  /** Seconds without a sample after which the rollout counts as blind, which is inconclusive. */
  blindSeconds: z.number().positive().default(300),
});
export type RolloutSettings = z.output<typeof RolloutSettings>;
