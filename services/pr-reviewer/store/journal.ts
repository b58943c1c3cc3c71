import { createHash } from 'node:crypto';
import type { Journal, StepRecord } from '../../../review/journal.ts';
import type { Store } from './store.ts';

const DIGITS = 4;

/** What reviews have done, step by step, in a store. */
export function storeJournal(store: Store): Journal {
  const folderOf = (job: string) => `steps/${hashOf(job)}/`;

  async function read(job: string): Promise<StepRecord[]> {
    const keys = await store.list(folderOf(job));
    const texts = await Promise.all(keys.map((key) => store.read(key)));
    return texts.flatMap((stored) => (stored === undefined ? [] : [JSON.parse(stored.text) as StepRecord]));
  }

  return {
    read,
    async append(job, record) {
      const known = await read(job);
      for (let place = known.length; ; place++) {
        if (known.some(({ step }) => step === record.step)) return;
        const key = `${folderOf(job)}${String(place).padStart(DIGITS, '0')}`;
        if (await store.create(key, JSON.stringify(record))) return;
        known.push(...(await read(job)).slice(known.length));
      }
    },
  };
}

/** A key for a name that may hold anything. */
export function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex').slice(0, 40);
}
