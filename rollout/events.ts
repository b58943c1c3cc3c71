import type { RolloutRecord } from '../contracts/rollout.ts';
import type { Sample } from './sample.ts';

/** What can happen to a rollout. Times are seconds since 1970, `by` is who did it. */
export type RolloutEvent =
  /** Somebody looks at the record, `--resume` above all: an expired rollout is rolled back. */
  | { readonly event: 'looked'; readonly at: number }
  /** Every router reports the weights of the action `apply`. `needSeconds`: what the step's plan asked for. */
  | { readonly event: 'applied'; readonly at: number; readonly needSeconds: number }
  /** The sample that the action `sample` asked for. */
  | { readonly event: 'sampled'; readonly at: number; readonly sample: Sample }
  /** It could not be had. */
  | { readonly event: 'unsampled'; readonly at: number; readonly reason: string }
  /** A gate is opened, or a paused rollout goes on to its next step without a verdict. */
  | { readonly event: 'approved'; readonly at: number; readonly by: string }
  /** A paused step is watched once more, from now on. */
  | { readonly event: 'retried'; readonly at: number; readonly by: string }
  | { readonly event: 'paused'; readonly at: number; readonly by: string; readonly reason: string }
  | { readonly event: 'rolled back'; readonly at: number; readonly by: string; readonly reason: string }
  /** Nobody looks after it for that long yet. */
  | { readonly event: 'extended'; readonly at: number; readonly by: string; readonly expiresAt: number }
  /** Every router reports the weights of the action `restore`. */
  | { readonly event: 'restored'; readonly at: number }
  /** File, state and routers agree on the weights of the action `reconcile`. */
  | { readonly event: 'reconciled'; readonly at: number }
  /** The action `promote` is done. */
  | { readonly event: 'promoted'; readonly at: number };

/**
 * What is to be done next. It follows from the record alone, so after a crash the same action is done again: each must
 * be harmless when repeated.
 */
export type RolloutAction =
  /** Deploy these weights and this salt, wait for every router, answer `applied`. */
  | {
      readonly action: 'apply';
      readonly percent: number;
      readonly weights: Readonly<Record<string, number>>;
      readonly salt: string;
    }
  /** At `at` take the sample of [since, at], answer `sampled` or `unsampled`. */
  | { readonly action: 'sample'; readonly since: number; readonly at: number; readonly look: number }
  /** Ask a person: `approved`, `rolled back`, and where paused `retried`. */
  | { readonly action: 'ask'; readonly why: 'gate' | 'paused'; readonly sentence: string }
  /** Write the weights from before to the routers directly, answer `restored`. */
  | {
      readonly action: 'restore';
      readonly weights: Readonly<Record<string, number>>;
      readonly salt: string;
    }
  /** Bring the file and the state into line with them, answer `reconciled`. */
  | {
      readonly action: 'reconcile';
      readonly weights: Readonly<Record<string, number>>;
      readonly salt: string;
    }
  /** Make the last weights final: roles swap, the commit or pull request is made. Answer `promoted`. */
  | {
      readonly action: 'promote';
      readonly weights: Readonly<Record<string, number>>;
      readonly salt: string;
    }
  | { readonly action: 'none'; readonly outcome: 'promoted' | 'rolled-back' };

/** What the stepper answers: the record to be written before the action is begun. */
export interface Stepped {
  readonly record: RolloutRecord;
  readonly action: RolloutAction;
}
