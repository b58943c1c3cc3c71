import { z } from 'zod';
import { jobName } from '../../review/journal.ts';
import { hashOf } from './store/journal.ts';

const Common = { installation: z.int().positive() };
const Commit = z.string().regex(/^[0-9a-f]{40,64}$/);
const Owner = z.string().regex(/^[\w.-]+$/);

/** A state of a pull request is to be reviewed. */
export const ReviewJob = z.strictObject({
  kind: z.literal('review'),
  of: z.strictObject({ owner: Owner, repository: Owner, number: z.int().positive() }),
  headCommit: Commit,
  /** The settings of the repository say whether drafts are reviewed. */
  draft: z.boolean(),
  ...Common,
});
export type ReviewJob = z.output<typeof ReviewJob>;

/** Somebody's checks of a commit are over: if the commit holds tests of ours, what they say is to be read. */
export const ChecksJob = z.strictObject({
  kind: z.literal('checks'),
  owner: Owner,
  repository: Owner,
  commit: Commit,
  suite: z.int().positive(),
  ...Common,
});
export type ChecksJob = z.output<typeof ChecksJob>;

export const QueuedJob = z.discriminatedUnion('kind', [ReviewJob, ChecksJob]);
export type QueuedJob = z.output<typeof QueuedJob>;

/** The same for whatever leads to the same work, in every program. */
export function jobId(job: QueuedJob): string {
  return hashOf(
    job.kind === 'review'
      ? `review ${jobName(job)}${job.draft ? ' draft' : ''}`
      : `checks ${job.owner}/${job.repository} ${job.commit} ${job.suite}`,
  );
}

/** What may stand in a log: names that GitHub gave, no text. */
export function jobLabels(job: QueuedJob): Readonly<Record<string, string | number>> {
  return job.kind === 'review'
    ? {
        kind: job.kind,
        repository: `${job.of.owner}/${job.of.repository}`,
        number: job.of.number,
        commit: job.headCommit,
      }
    : { kind: job.kind, repository: `${job.owner}/${job.repository}`, commit: job.commit };
}
