import { contentEvent, DONE } from './answers.ts';
import type { Received } from './fake-upstream.ts';

const EVENT = Buffer.from(contentEvent('x'.repeat(16 * 1024)));

/** Answers with `total` bytes as fast as they are taken, and says how many were written so far. */
export function pour({ res }: Received, total: number, written: (bytes: number) => void): void {
  let bytes = 0;
  const more = () => {
    while (bytes < total && !res.destroyed) {
      bytes += EVENT.length;
      written(bytes);
      if (!res.write(EVENT)) return void res.once('drain', more);
    }
    res.end(DONE);
  };
  more();
}
