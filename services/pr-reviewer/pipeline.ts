import type { ReviewerConfig } from '../../contracts/reviewer-config.ts';
import type { Forge } from '../../review/forge.ts';
import type { Job, Journal } from '../../review/journal.ts';
import type { ReviewModel } from '../../review/model.ts';
import type { Outcome, TestsOutcome } from '../../review/outcome.ts';

/** What a review is given. */
export interface ReviewParts {
  readonly forge: Forge;
  readonly model: ReviewModel;
  readonly modelName: string;
  readonly journal: Journal;
  readonly signal: AbortSignal;
  readonly log: (line: string) => void;
}

/** What reviews, and what it thinks with. */
export interface Pipeline {
  review(job: Job, parts: ReviewParts): Promise<Outcome>;
  readTests(
    job: Job,
    parts: Pick<ReviewParts, 'forge' | 'journal' | 'signal' | 'log'>,
  ): Promise<TestsOutcome>;
  /** The model as it is asked with a key of the gateway. */
  model(work: NonNullable<ReviewerConfig['work']>, key: string): ReviewModel;
}
