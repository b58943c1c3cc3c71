import { jobName } from '../../../review/journal.ts';
import type { ReviewModel } from '../../../review/model.ts';
import type { Outcome } from '../../../review/outcome.ts';
import type { Log, Runtime } from '../../common/runtime.ts';
import type { Github } from '../github/app.ts';
import { type ChecksJob, jobLabels, type QueuedJob, ReviewJob } from '../job.ts';
import type { JobResult, ReviewMetrics } from '../metrics.ts';
import type { Pipeline } from '../pipeline.ts';
import { hourly } from '../store/hourly.ts';
import { hashOf, storeJournal } from '../store/journal.ts';
import type { Leases } from '../store/leases.ts';
import type { Store } from '../store/store.ts';

export interface WorkerProps {
  readonly store: Store;
  readonly leases: Leases;
  readonly github: () => Github;
  readonly model: () => ReviewModel;
  readonly modelName: () => string;
  readonly pipeline: Pick<Pipeline, 'review' | 'readTests'>;
  readonly reviewsPerHour: number;
  readonly longestSeconds: number;
  readonly metrics: ReviewMetrics;
  readonly runtime: Runtime;
  readonly log: Log;
}

/**
 * What is to become of a job: `over` it is; `busy`: another job has its pull request; `failed`: it should be tried again;
 * `put off`: this program is about to end.
 */
export type Run = 'over' | 'busy' | 'failed' | 'put off';

export interface Worker {
  /** Never throws. */
  run(id: string, job: QueuedJob, signal: AbortSignal): Promise<Run>;
}

/** Stands where a job is done for good. */
export const doneKey = (id: string) => `done/${id}`;
const testsKey = (place: string, commit: string) => `tests/${hashOf(`${place} ${commit}`)}`;

/** States that another webhook for the same commit may change. */
const OPEN: readonly JobResult[] = ['skipped', 'waiting', 'limited', 'busy'];

export function createWorker(props: WorkerProps): Worker {
  const { store, metrics, runtime, log } = props;
  const journal = storeJournal(store);
  const hours = hourly(store, runtime);
  const say = (line: string, job: QueuedJob) =>
    log({ ts: now(), event: 'review', ...jobLabels(job), said: line });

  function now(): string {
    return runtime.date().toISOString();
  }

  async function attempt(id: string, job: QueuedJob, signal: AbortSignal): Promise<JobResult> {
    if ((await store.read(doneKey(id))) !== undefined) return 'known';
    const subject = job.kind === 'review' ? job : await testedBy(job);
    if (subject === undefined) return 'none';
    const { owner, repository, number } = subject.of;
    const lease = await props.leases.take(`${hashOf(`${owner}/${repository}#${number}`)}`);
    if (lease === undefined) return 'busy';
    try {
      const result =
        job.kind === 'review'
          ? await review(id, job, AbortSignal.any([signal, lease.lost]))
          : await tests(job, subject, AbortSignal.any([signal, lease.lost]));
      if (!OPEN.includes(result)) await store.create(doneKey(id), JSON.stringify({ at: now(), result }));
      return result;
    } finally {
      await lease.release();
    }
  }

  async function testedBy({ owner, repository, commit }: ChecksJob): Promise<ReviewJob | undefined> {
    const stored = await store.read(testsKey(`${owner}/${repository}`, commit));
    return stored === undefined ? undefined : ReviewJob.parse(JSON.parse(stored.text));
  }

  async function review(id: string, job: ReviewJob, signal: AbortSignal): Promise<JobResult> {
    const place = `${job.of.owner}/${job.of.repository}`;
    if (!(await hours.admit(hashOf(place), id, props.reviewsPerHour))) return 'limited';
    const outcome = await props.pipeline.review(job, {
      forge: await props.github().forge(job.of, job.installation),
      model: props.model(),
      modelName: props.modelName(),
      journal,
      signal,
      log: (line) => say(line, job),
    });
    const branch = outcome.state === 'reviewed' ? outcome.tests : undefined;
    if (branch !== undefined) await store.create(testsKey(place, branch.commit), JSON.stringify(job));
    await count(job, outcome);
    return outcome.state;
  }

  /** A crash between the end of a review and its mark leads here twice; it is counted once. */
  async function count(job: ReviewJob, outcome: Outcome): Promise<void> {
    if (outcome.state === 'skipped' && !outcome.costUsd) return;
    if (await store.create(`counted/${hashOf(`${jobName(job)} ${outcome.state}`)}`, outcome.state))
      metrics.reviewed(outcome);
  }

  async function tests(job: ChecksJob, subject: ReviewJob, signal: AbortSignal): Promise<JobResult> {
    const forge = await props.github().forge(subject.of, job.installation);
    const { state } = await props.pipeline.readTests(subject, {
      ...{ forge, journal, signal },
      log: (line) => say(line, job),
    });
    return state;
  }

  return {
    async run(id, job, signal) {
      const began = runtime.now();
      const late = new AbortController();
      const cancel = runtime.after(props.longestSeconds * 1000, () =>
        late.abort(new Error(`it took longer than ${props.longestSeconds} s`)),
      );
      metrics.running(1);
      let result: JobResult;
      let error: string | undefined;
      try {
        result = await attempt(id, job, AbortSignal.any([signal, late.signal]));
      } catch (thrown) {
        result = signal.aborted ? 'put off' : 'failed';
        error = wordsOf(late.signal.aborted ? late.signal.reason : thrown);
      }
      cancel();
      metrics.running(-1);
      const seconds = (runtime.now() - began) / 1000;
      metrics.job(job.kind, result, seconds);
      log({ ts: now(), event: 'job', job: id, ...jobLabels(job), result, seconds, error });
      return result === 'busy' || result === 'failed' || result === 'put off' ? result : 'over';
    },
  };
}

/** Of errors of GitHub's and the model's hosts only what kind they are: their messages can quote what was sent. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const status = 'status' in error ? `${error.status}` : undefined;
  return status === undefined ? `${error.name}: ${error.message.slice(0, 200)}` : `${error.name} ${status}`;
}
