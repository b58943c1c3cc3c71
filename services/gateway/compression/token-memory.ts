import type { TokenCounter } from '../tokens/counter.ts';

/** Remembers counts, so that of a conversation that grows only what is new is counted. */
export interface TokenMemory {
  /** @param texts Each with an id that no other text has. @throws TokensUnknown */
  count(texts: readonly { readonly id: string; readonly text: string }[]): Promise<readonly number[]>;
}

const MOST_REMEMBERED = 100_000;

export function createTokenMemory(counter: TokenCounter, mostRemembered = MOST_REMEMBERED): TokenMemory {
  const known = new Map<string, number>();

  function keep(id: string, tokens: number): void {
    known.delete(id);
    known.set(id, tokens);
    const [oldest] = known.keys();
    if (known.size > mostRemembered && oldest !== undefined) known.delete(oldest);
  }

  return {
    async count(texts) {
      const found = texts.map(({ id }) => known.get(id));
      const missing = texts.filter((_, index) => found[index] === undefined);
      const counted = missing.length === 0 ? [] : await counter.count(missing.map(({ text }) => text));
      let next = 0;
      return texts.map(({ id }, index) => {
        const tokens = found[index] ?? counted[next++] ?? 0;
        keep(id, tokens);
        return tokens;
      });
    },
  };
}
