import { z } from 'zod';
import { RolloutSettings } from './rollout-settings.ts';
import { FULL_WEIGHT } from './weight.ts';

/** Seconds since 1970, as Prometheus counts. */
const Time = z.number().nonnegative();
const Name = z.string().min(1);
const Weights = z
  .record(Name, z.int().min(0).max(FULL_WEIGHT))
  .refine((weights) => Object.values(weights).reduce((sum, weight) => sum + weight, 0) === FULL_WEIGHT, {
    message: `basis points must add up to ${FULL_WEIGHT}`,
  });

/** What a canary is judged by. */
export const ASPECTS = ['errors', 'first_token', 'slow_first_tokens', 'inter_token'] as const;
export type Aspect = (typeof ASPECTS)[number];

/** One aspect at one look, with everything that its decision was made from. */
export const AspectResult = z.strictObject({
  aspect: z.enum(ASPECTS),
  /** What it was measured on: requests, first tokens, streams. */
  observations: z.strictObject({ stable: z.number(), canary: z.number() }),
  /** Error ratio, or seconds, or share of slow first tokens. */
  stable: z.number(),
  canary: z.number(),
  /** Difference of ratios, or ratio of means. */
  effect: z.number(),
  margin: z.number(),
  /** Requests of one conversation are not independent: how many of them count as one. */
  designEffect: z.number(),
  /** Evidence that the canary is worse than stable: one-sided p. */
  harm: z.number(),
  /** Below that it counts at this look. */
  harmLevel: z.number(),
  /** Evidence that it is not worse by the margin: one-sided p. */
  safe: z.number(),
  safeLevel: z.number(),
});
export type AspectResult = z.output<typeof AspectResult>;

export const Verdict = z.strictObject({
  verdict: z.enum(['pass', 'fail', 'inconclusive']),
  /** For a person: what was seen, and what follows. */
  sentence: z.string(),
  aspects: z.array(AspectResult),
  /** Bounds that were broken, in words. */
  guards: z.array(z.string()),
});
export type Verdict = z.output<typeof Verdict>;

/** One look that was taken. */
export const Look = z.strictObject({
  number: z.int().positive(),
  at: Time,
  verdict: Verdict,
});
export type Look = z.output<typeof Look>;

const Step = z.int().nonnegative();

/** Where a rollout stands. What is to be done next follows from it alone (`rollout/next-action.ts`). */
export const RolloutState = z.discriminatedUnion('phase', [
  /** A step begins only when somebody approves it. */
  z.strictObject({ phase: z.literal('gated'), step: Step }),
  /** The step's weights are on their way to the routers. */
  z.strictObject({ phase: z.literal('applying'), step: Step }),
  /** Every router has the step's weights; samples are taken and judged. */
  z.strictObject({
    phase: z.literal('judging'),
    step: Step,
    /** Samples count from here: the weights were applied, and the seconds to be ignored are over. */
    since: Time,
    /** The last look. */
    until: Time,
    looks: z.array(Look),
    /** When a sample was last had, or the step began. */
    seenAt: Time,
  }),
  /** Weights stay as they are until somebody says how it goes on. */
  z.strictObject({ phase: z.literal('paused'), step: Step, reason: z.string() }),
  /** All steps were passed; roles and weights are made final. */
  z.strictObject({ phase: z.literal('promoting') }),
  /** The weights from before go to the routers directly, without Terraform. */
  z.strictObject({ phase: z.literal('rolling-back'), reason: z.string() }),
  /** Routers have them; file and state are brought into line. */
  z.strictObject({ phase: z.literal('reconciling'), reason: z.string() }),
  z.strictObject({
    phase: z.literal('closed'),
    outcome: z.enum(['promoted', 'rolled-back']),
    reason: z.string(),
  }),
]);
export type RolloutState = z.output<typeof RolloutState>;

/** One thing that happened, with its numbers. */
export const JournalEntry = z.strictObject({
  at: Time,
  event: z.string(),
  /** Percent of the band. Absent: it belongs to no step. */
  step: z.number().optional(),
  /** For a person. */
  sentence: z.string(),
  by: z.string().optional(),
  verdict: Verdict.optional(),
});
export type JournalEntry = z.output<typeof JournalEntry>;

/** What lies beside the weights object while a rollout is open, and in the history after it. */
export const RolloutRecord = z.strictObject({
  format: z.literal(1),
  id: Name,
  environment: Name,
  model: Name,
  stable: Name,
  canary: Name,
  /** Of the stable/canary split, new for each rollout that begins at canary 0, and the one from before. */
  salt: z.string(),
  saltBefore: z.string(),
  /** Release → basis points, before the rollout and after its promotion. All releases of the model. */
  from: Weights,
  to: Weights,
  owner: Name,
  openedAt: Time,
  /** An open rollout that nobody looked after until then is rolled back by whoever finds it. */
  expiresAt: Time,
  settings: RolloutSettings,
  /** For each look of a step: the p below which evidence of harm counts. Fixed before anything is seen. */
  harmLevels: z.array(z.number()),
  state: RolloutState,
  journal: z.array(JournalEntry),
});
export type RolloutRecord = z.output<typeof RolloutRecord>;

export function isOpen({ state }: Pick<RolloutRecord, 'state'>): boolean {
  return state.phase !== 'closed';
}
