import type { ReviewerConfig } from '../../contracts/reviewer-config.ts';
import type { Job } from '../../review/journal.ts';
import type { ReviewModel } from '../../review/model.ts';
import type { TestsOutcome } from '../../review/outcome.ts';
import type { Parts, reviewPullRequest } from '../../review/pipeline.ts';

/** What reviews, and what it thinks with. */
export interface Pipeline {
  readonly review: typeof reviewPullRequest;
  readTests(job: Job, parts: Pick<Parts, 'forge' | 'journal' | 'signal' | 'log'>): Promise<TestsOutcome>;
  /** The model as it is asked with a key of the gateway. */
  model(work: NonNullable<ReviewerConfig['work']>, key: string): ReviewModel;
}
