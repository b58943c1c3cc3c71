import type { Runtime } from '../../common/runtime.ts';
import type { Store } from './store.ts';

const HOUR_MS = 3_600_000;

/** Counts jobs in the hours of the clock, over all programs that share the store. */
export interface Hourly {
  /** Whether the job may go on: it has a place in this hour, or gets one of those that are left. */
  admit(name: string, job: string, most: number): Promise<boolean>;
}

export function hourly(store: Store, runtime: Pick<Runtime, 'date'>): Hourly {
  return {
    async admit(name, job, most) {
      const hour = Math.floor(runtime.date().getTime() / HOUR_MS);
      const folder = `hours/${name}/${hour}/`;
      const taken = await store.list(folder);
      const jobs = await Promise.all(taken.map((key) => store.read(key)));
      if (jobs.some((stored) => stored?.text === job)) return true;
      for (let place = 0; place < most; place++) {
        const key = `${folder}${place}`;
        if (!taken.includes(key) && (await store.create(key, job))) return true;
      }
      return false;
    },
  };
}
