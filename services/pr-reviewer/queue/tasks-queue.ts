import { type AskGoogle, refusalOf } from '../../common/google.ts';
import type { Queue } from './queue.ts';

export interface TasksQueueProps {
  readonly ask: AskGoogle;
  /** `projects/…/locations/…/queues/…` */
  readonly name: string;
  /** Base URL of who works, which is also whom the caller's identity is shown to. */
  readonly worker: string;
  /** Service account that the worker is called as. */
  readonly caller: string;
}

const ALREADY_THERE = 409;
/** The longest that Cloud Tasks waits for an answer. */
const LONGEST = '1800s';

/** Cloud Tasks, which calls the worker until it says that the job is done. A task has its job's name: there is one, whoever adds it. */
export function tasksQueue({ ask, name, worker, caller }: TasksQueueProps): Queue {
  return {
    async add(id, job) {
      const task = {
        name: `${name}/tasks/${id}`,
        dispatchDeadline: LONGEST,
        httpRequest: {
          url: `${worker}/work`,
          httpMethod: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: Buffer.from(JSON.stringify(job)).toString('base64'),
          oidcToken: { serviceAccountEmail: caller, audience: worker },
        },
      };
      const request = { method: 'POST', body: JSON.stringify({ task }) } as const;
      const response = await ask('tasks', `${name}/tasks`, {}, request);
      if (response.status === ALREADY_THERE) return 'known';
      if (!response.ok) throw new Error(`${name}: ${await refusalOf(response)}`);
      return 'queued';
    },
  };
}
