import type { PullRequestReference } from './forge.ts';

/** One review of one state of one pull request. */
export interface Job {
  readonly of: PullRequestReference;
  readonly headCommit: string;
}

/** A step that is done, with what came out of it. */
export interface StepRecord {
  /** `begin`, `review/0`, `verify/0`, `publish`, `docs`, `tests`, …: unique within a job. */
  readonly step: string;
  /** JSON. */
  readonly value: unknown;
}

/** What survives a crash. One job is worked on by one program at a time; whose turn it is, is not the journal's business. */
export interface Journal {
  /** The steps of a job in the order in which they were appended. */
  read(job: string): Promise<readonly StepRecord[]>;
  /** Durable when it resolves. A step that is there already stays as it is. */
  append(job: string, record: StepRecord): Promise<void>;
}

/** `owner/repository#12@<head commit>` */
export function jobName({ of: { owner, repository, number }, headCommit }: Job): string {
  return `${owner}/${repository}#${number}@${headCommit}`;
}
