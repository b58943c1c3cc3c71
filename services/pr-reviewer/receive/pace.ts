import type { Runtime } from '../../common/runtime.ts';

/** Lets so many through in a minute, evenly, and a quarter of them at once. */
export interface Pace {
  admit(): boolean;
}

const MINUTE_MS = 60_000;

export function createPace(perMinute: number, runtime: Pick<Runtime, 'now'>): Pace {
  const most = Math.max(1, perMinute / 4);
  let left = most;
  let seen = runtime.now();
  return {
    admit() {
      const now = runtime.now();
      left = Math.min(most, left + ((now - seen) * perMinute) / MINUTE_MS);
      seen = now;
      if (left < 1) return false;
      left -= 1;
      return true;
    },
  };
}
