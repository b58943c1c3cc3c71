import type { Runtime } from './runtime.ts';

/** The last reading of a program's metrics, which counts what it has done before it ends. */
export interface LastScrape {
  /** Somebody has read the metrics, whole. */
  seen(): void;
  /** Waits for the next reading, at most until `moment` of the runtime's clock, in milliseconds. */
  before(moment: number): Promise<void>;
}

export function createLastScrape(runtime: Pick<Runtime, 'now' | 'after'>): LastScrape {
  let seen = () => {};
  return {
    seen: () => seen(),
    async before(moment) {
      const left = moment - runtime.now();
      if (left <= 0) return;
      await new Promise<void>((resolve) => {
        const cancel = runtime.after(left, resolve);
        seen = () => {
          cancel();
          resolve();
        };
      });
    },
  };
}
