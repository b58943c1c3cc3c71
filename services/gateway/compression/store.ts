import type { Runtime } from '../../common/runtime.ts';

/** Keeps finished summaries, so that one history always has one summary. */
export interface SummaryStore {
  /** Answers the summary and keeps it for its whole time again. */
  get(key: string): Promise<string | undefined>;
  /** Keeps a summary unless the key has one already. @returns the one that is kept: the first wins. */
  add(key: string, summary: string): Promise<string>;
}

/** How long a summary is kept after its last use. */
export const KEPT_SECONDS = 24 * 3600;

/** Summaries of one instance. When it is full, those unused for longest go first. */
export function createMemoryStore(
  { now }: Pick<Runtime, 'now'>,
  { mostBytes = 64 * 1024 * 1024, keptSeconds = KEPT_SECONDS } = {},
): SummaryStore {
  const kept = new Map<string, { readonly summary: string; readonly until: number }>();
  let bytes = 0;

  function drop(key: string): void {
    const entry = kept.get(key);
    if (entry === undefined) return;
    kept.delete(key);
    bytes -= sizeOf(key, entry.summary);
  }

  function put(key: string, summary: string): void {
    drop(key);
    kept.set(key, { summary, until: now() + keptSeconds * 1000 });
    bytes += sizeOf(key, summary);
    for (const oldest of kept.keys()) {
      if (bytes <= mostBytes) return;
      drop(oldest);
    }
  }

  function find(key: string): string | undefined {
    const entry = kept.get(key);
    if (entry === undefined) return undefined;
    if (entry.until < now()) drop(key);
    else put(key, entry.summary);
    return kept.get(key)?.summary;
  }

  return {
    async get(key) {
      return find(key);
    },
    async add(key, summary) {
      const first = find(key);
      if (first === undefined) put(key, summary);
      return first ?? summary;
    },
  };
}

/** Characters take two bytes at most; the rest is what a map's entry takes. */
function sizeOf(key: string, summary: string): number {
  return 2 * (key.length + summary.length) + 100;
}
