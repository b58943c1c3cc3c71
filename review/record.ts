import type { Job, Journal } from './journal.ts';
import { ChosenSchema } from './pipeline.ts';
import type { Finding } from './stages/review.ts';
import { Steps } from './steps.ts';
import { type Summary, SummarySchema } from './summary.ts';

/** What a review that is over has said, for who prints it. */
export interface ReviewRecord {
  readonly findings: readonly Finding[];
  /** Undefined: it is not over. */
  readonly summary: Summary | undefined;
}

export async function recordOf(job: Job, journal: Journal): Promise<ReviewRecord> {
  const steps = await Steps.of(job, journal, new AbortController().signal);
  return {
    findings: steps.read('choose', ChosenSchema)?.said ?? [],
    summary: steps.read('summary', SummarySchema),
  };
}
