import type { Log, Runtime } from '../../common/runtime.ts';
import { jobLabels, QueuedJob } from '../job.ts';
import type { ReviewMetrics } from '../metrics.ts';
import type { Store } from '../store/store.ts';
import { doneKey, type Worker } from '../work/worker.ts';
import type { Queue } from './queue.ts';

export interface FolderQueueProps {
  readonly store: Store;
  readonly worker: Worker;
  readonly parallel: number;
  readonly metrics: ReviewMetrics;
  readonly runtime: Runtime;
  readonly log: Log;
}

/** A queue in this program, which a crash does not empty. */
export interface FolderQueue extends Queue {
  /** Takes up what was left, and works. */
  start(): Promise<void>;
  /** Begins nothing more, lets what runs end for so long, then puts it off to the next start. */
  stop(seconds: number): Promise<void>;
}

interface Waiting {
  readonly id: string;
  readonly job: QueuedJob;
  readonly attempts: number;
}

const MOST_ATTEMPTS = 6;
const FIRST_PAUSE_MS = 5_000;
const BUSY_PAUSE_MS = 1_000;
const queueKey = (id: string) => `queue/${id}`;

export function folderQueue(props: FolderQueueProps): FolderQueue {
  const { store, worker, parallel, metrics, runtime, log } = props;
  const waiting: Waiting[] = [];
  const running = new Set<Promise<void>>();
  const pauses = new Set<() => void>();
  const ending = new AbortController();
  let open = false;

  function pump(): void {
    while (open && running.size < parallel) {
      const next = waiting.shift();
      if (next === undefined) break;
      const run = work(next).finally(() => {
        running.delete(run);
        pump();
      });
      running.add(run);
    }
    metrics.waiting(waiting.length + pauses.size);
  }

  async function work(next: Waiting): Promise<void> {
    const result = await worker.run(next.id, next.job, ending.signal);
    if (result === 'put off') return;
    if (result === 'busy') return later(next, BUSY_PAUSE_MS);
    const attempts = next.attempts + 1;
    if (result === 'failed' && attempts < MOST_ATTEMPTS)
      return later({ ...next, attempts }, FIRST_PAUSE_MS * 2 ** next.attempts);
    if (result === 'failed') {
      metrics.job(next.job.kind, 'given up', 0);
      log({ ts: runtime.date().toISOString(), event: 'given_up', job: next.id, ...jobLabels(next.job) });
    }
    await store.remove(queueKey(next.id));
  }

  function later(next: Waiting, milliseconds: number): void {
    const cancel = runtime.after(milliseconds, () => {
      pauses.delete(cancel);
      waiting.push(next);
      pump();
    });
    pauses.add(cancel);
  }

  return {
    async add(id, job) {
      if ((await store.read(doneKey(id))) !== undefined) return 'known';
      const at = runtime.date().getTime();
      if (!(await store.create(queueKey(id), JSON.stringify({ at, job })))) return 'known';
      waiting.push({ id, job, attempts: 0 });
      pump();
      return 'queued';
    },
    async start() {
      const left: (Waiting & { readonly at: number })[] = [];
      for (const key of await store.list('queue/')) {
        const stored = await store.read(key);
        if (stored === undefined) continue;
        const { at, job } = JSON.parse(stored.text) as { readonly at: number; readonly job: unknown };
        left.push({ at, id: key.slice('queue/'.length), job: QueuedJob.parse(job), attempts: 0 });
      }
      waiting.push(...left.toSorted((a, b) => a.at - b.at));
      if (left.length > 0) log({ ts: runtime.date().toISOString(), event: 'taken_up', jobs: left.length });
      open = true;
      pump();
    },
    async stop(seconds) {
      open = false;
      for (const cancel of pauses) cancel();
      const cancel = runtime.after(seconds * 1000, () => ending.abort(new Error('shutting down')));
      await Promise.all(running);
      cancel();
    },
  };
}
