import { vi } from 'vitest';
import type { ReviewModel } from '../../review/model.ts';
import { reviewPullRequest } from '../../review/pipeline.ts';
import { readTestResults } from '../../review/test-results.ts';
import type { Pipeline } from '../../services/pr-reviewer/pipeline.ts';
import type { Running } from '../services/pr-reviewer/support.ts';

/** The stages as they are, with a model that is given. */
export const realReview = (model: ReviewModel): Pipeline => ({
  review: reviewPullRequest,
  readTests: readTestResults,
  model: () => model,
});

/** Waits for what a real review does. */
export const until = (expectation: () => void | Promise<void>) =>
  vi.waitFor(expectation, { timeout: 60_000, interval: 20 });

/** Attempts at jobs that ended like that. */
export const jobs = ({ metric }: Running, kind: 'review' | 'checks', result: string) =>
  metric(`oss_pr_review_jobs_total{kind="${kind}",result="${result}"}`);
