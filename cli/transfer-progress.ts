import type { Context } from './context.ts';

const GIB = 1024 ** 3;
const TELL_EVERY_MS = 5_000;

/** Small files in silence, large ones every 5 s and at their end. */
export function transferProgress(
  what: string,
  total: number,
  { progress, now }: Context,
): (bytes: number) => void {
  let last = now();
  return (bytes) => {
    const done = bytes >= total;
    if (total < GIB / 64 || (!done && now() - last < TELL_EVERY_MS)) return;
    last = now();
    progress(`${what}: ${(bytes / GIB).toFixed(2)} of ${(total / GIB).toFixed(2)} GiB`);
  };
}
