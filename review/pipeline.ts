import type { Forge } from './forge.ts';
import type { Job, Journal } from './journal.ts';
import type { ReviewModel } from './model.ts';
import type { Outcome, TestsOutcome } from './outcome.ts';

export interface Parts {
  readonly forge: Forge;
  readonly model: ReviewModel;
  readonly journal: Journal;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly signal: AbortSignal;
  /** One line about what is going on. No text of the pull request's or the model's making. */
  readonly log: (line: string) => void;
}

/**
 * Reviews one state of a pull request: line comments, documentation, tests, one summary. May be called again for the
 * same job after any end: steps that are in the journal are not done again.
 * @throws what forge, model and journal throw; SettingsError is none of them: the summary says what is wrong
 */
export type ReviewPullRequest = (job: Job, parts: Parts) => Promise<Outcome>;

/** Reads what the repository's own checks say of the generated tests, and recommends them or does not. */
export type ReadTestResults = (
  job: Job,
  parts: Pick<Parts, 'forge' | 'journal' | 'log'>,
) => Promise<TestsOutcome>;
