import type { Entry } from './conversation.ts';

/** A stretch of a conversation that one summary stands for: from `start` to before `end`. */
export interface Block {
  readonly start: number;
  readonly end: number;
  /** Blocks whose summaries this one merges. Empty: it is made from the messages themselves. */
  readonly parts: readonly Block[];
}

/** An entry and its size. */
export type CountedEntry = Pick<Entry, 'kind' | 'asks' | 'answers'> & { readonly tokens: number };

/** That many summaries of one size are merged into one. */
const GROUP = 8;

/**
 * Which blocks of a conversation are replaced. It depends on nothing but the messages and lengths, and a message
 * that is appended never moves an earlier block: a conversation that grows keeps its blocks, and the prompt keeps its
 * beginning, until `step` more tokens have gathered; then one block is added. Every eighth step merges.
 *
 * @param total All tokens of the request, with what is not in the list.
 */
export function planBlocks(
  entries: readonly CountedEntry[],
  total: number,
  { threshold, tail, step }: { readonly threshold: number; readonly tail: number; readonly step: number },
): readonly Block[] {
  if (total < threshold) return [];
  const before = tokensBefore(entries);
  const tokensOf = (from: number, to: number) => (before[to] ?? 0) - (before[from] ?? 0);
  const leaves: Block[] = [];
  let start = 0;
  for (const end of cutsOf(entries)) {
    if (tokensOf(start, end) < step) continue;
    if (tokensOf(end, entries.length) < tail) break;
    leaves.push({ start, end, parts: [] });
    start = end;
  }
  return merged(leaves);
}

/** Where a conversation may be cut: before a user's turn, with no tool call open. */
function cutsOf(entries: readonly CountedEntry[]): number[] {
  const open = new Set<string>();
  let previous: Entry['kind'] | undefined;
  const cuts: number[] = [];
  for (const [index, { kind, asks, answers }] of entries.entries()) {
    if (kind === 'user' && previous !== 'user' && previous !== undefined && open.size === 0) cuts.push(index);
    if (kind !== 'instruction') previous = kind;
    for (const id of asks) open.add(id);
    if (answers !== undefined) open.delete(answers);
  }
  return cuts;
}

/** How many tokens could be replaced before each entry, and at the end. */
function tokensBefore(entries: readonly CountedEntry[]): number[] {
  const before = [0];
  for (const [index, { kind, tokens }] of entries.entries())
    before.push((before[index] ?? 0) + (kind === 'instruction' ? 0 : tokens));
  return before;
}

function merged(blocks: readonly Block[]): readonly Block[] {
  if (blocks.length < GROUP) return blocks;
  const parents: Block[] = [];
  for (let at = 0; at + GROUP <= blocks.length; at += GROUP) {
    const parts = blocks.slice(at, at + GROUP);
    parents.push({ start: parts[0]?.start ?? 0, end: parts.at(-1)?.end ?? 0, parts });
  }
  return [...merged(parents), ...blocks.slice(parents.length * GROUP)];
}
