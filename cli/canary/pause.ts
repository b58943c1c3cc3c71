import type { Context } from '../context.ts';
import { Interrupted } from '../errors.ts';

const PIECE_MS = 500;

/** Waits in pieces, and looks between them. */
export interface Waiting {
  /**
   * Until a time in seconds since 1970, or until `early` yields something.
   * @throws Interrupted
   */
  readonly until: <T>(time: number, early: () => Promise<T | undefined>) => Promise<T | undefined>;
  readonly end: () => void;
}

/** @param open what is left behind by an interrupt, for its message */
export function waiting({ now, sleep, onInterrupt }: Context, open: string): Waiting {
  let interrupted = false;
  const end = onInterrupt(() => {
    interrupted = true;
  });
  return {
    end,
    async until(time, early) {
      for (;;) {
        if (interrupted) throw new Interrupted(open);
        const found = await early();
        const left = time * 1000 - now();
        if (found !== undefined || left <= 0) return found;
        await sleep(Math.min(left, PIECE_MS));
      }
    },
  };
}
