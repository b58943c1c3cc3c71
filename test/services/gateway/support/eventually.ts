import { setTimeout as delay } from 'node:timers/promises';

/** Asks again until the answer is what it should be; gives up after the deadline with the last failure. */
export async function eventually<T>(ask: () => T | Promise<T>, deadlineMs = 10_000): Promise<T> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > end) throw error;
      await delay(5);
    }
  }
}
