import type { QueuedJob } from '../job.ts';

/** Where jobs wait. */
export interface Queue {
  /**
   * Durable when it resolves. `known`: the job is in the queue, or was, and nothing was added.
   * @throws Error where it cannot be added
   */
  add(id: string, job: QueuedJob): Promise<'queued' | 'known'>;
}
