import { z } from 'zod';
import type { RedisLink } from '../redis/link.ts';
import { KEPT_SECONDS, type SummaryStore } from './store.ts';

interface RedisSummariesProps {
  readonly link: Pick<RedisLink, 'command'>;
  /** Keeps environments that share one Redis apart. */
  readonly environment: string;
  /** What this instance knows, for as long as Redis cannot be asked. */
  readonly memory: SummaryStore;
  /** Redis could not be asked, or refused. */
  readonly onMissed: () => void;
  readonly keptSeconds?: number;
}

const Summary = z.string().nullable();

/**
 * Summaries shared by all gateways of an environment: whoever writes first decides. While Redis is gone each gateway
 * goes on with its own memory, so that two of them may give one conversation different summaries meanwhile.
 */
export function createRedisSummaries({
  link,
  environment,
  memory,
  onMissed,
  keptSeconds = KEPT_SECONDS,
}: RedisSummariesProps): SummaryStore {
  const life = ['EX', String(keptSeconds)];
  const nameOf = (key: string) => `fleet:{${environment}}:summary:${key}`;

  async function read(key: string): Promise<string | undefined> {
    return Summary.parse(await link.command(['GETEX', nameOf(key), ...life])) ?? undefined;
  }

  async function write(key: string, summary: string): Promise<string> {
    const done = await link.command(['SET', nameOf(key), summary, 'NX', ...life]);
    const first = done === null ? await read(key) : summary;
    return first ?? summary;
  }

  async function orMemory<T>(shared: () => Promise<T>, own: () => Promise<T>): Promise<T> {
    try {
      return await shared();
    } catch {
      onMissed();
      return own();
    }
  }

  /** What only this instance knows, from a time without Redis or from before Redis forgot it, is shared. */
  async function find(key: string): Promise<string | undefined> {
    const shared = await read(key);
    const own = await memory.get(key);
    if (shared === undefined) return own === undefined ? undefined : write(key, own);
    if (own === undefined) await memory.add(key, shared);
    return shared;
  }

  return {
    get: (key) =>
      orMemory(
        () => find(key),
        () => memory.get(key),
      ),
    async add(key, summary) {
      const first = await orMemory(
        () => write(key, summary),
        async () => summary,
      );
      await memory.add(key, first);
      return first;
    },
  };
}
