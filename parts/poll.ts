import type { Host } from './host.ts';

/**
 * Tries until there is a result or the time is over.
 * @returns the result; undefined when `seconds` have passed without one
 */
export async function poll<T>(
  host: Pick<Host, 'sleep' | 'now'>,
  seconds: number,
  attempt: () => T | undefined | Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = host.now() + seconds * 1000;
  for (;;) {
    const result = await attempt();
    if (result !== undefined || host.now() >= deadline) return result;
    await host.sleep(POLL_MILLISECONDS);
  }
}

const POLL_MILLISECONDS = 25;
