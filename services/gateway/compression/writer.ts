import { createHash } from 'node:crypto';
import type { Runtime } from '../../common/runtime.ts';
import type { Entry } from './conversation.ts';
import { CompressionFailed, type FailureReason } from './failure.ts';
import { createFlights, createLimiter } from './flights.ts';
import type { Block } from './plan.ts';
import { dataLine, mostInputBytes, PROMPT_VERSION, packed, summaryRequest } from './prompt.ts';
import type { SummaryStore } from './store.ts';

/** A conversation whose blocks are to be summarised. */
export interface Source {
  readonly keyId: string;
  readonly entries: readonly Entry[];
  /** SHA-256 of each element's bytes. */
  readonly hashes: readonly string[];
  readonly model: { readonly name: string; readonly contextTokens: number };
  readonly target: number;
  /** Sends one request to the summariser. */
  send(body: Buffer, signal: AbortSignal): Promise<string>;
}

/** Writes the summaries of blocks, or finds them. */
export interface SummaryWriter {
  /** @throws CompressionFailed, or the signal's reason */
  write(block: Block, source: Source, signal: AbortSignal): Promise<Summary>;
}

export interface Summary {
  readonly text: string;
  /** Summaries that had to be made for it; 0: it was there, or another request had it made. */
  readonly made: number;
}

interface WriterProps {
  readonly store: () => SummaryStore;
  readonly runtime: Pick<Runtime, 'now'>;
  /** Requests for summaries at a time. @default - 8 */
  readonly mostCalls?: number;
  /** Milliseconds in which what failed is not tried again. @default - 30,000 */
  readonly restMs?: number;
}

const MOST_REMEMBERED = 10_000;

export function createSummaryWriter({
  store,
  runtime,
  mostCalls = 8,
  restMs = 30_000,
}: WriterProps): SummaryWriter {
  const flights = createFlights<Summary>();
  const limited = createLimiter(mostCalls);
  const failed = new Map<string, { readonly reason: FailureReason; readonly until: number }>();

  async function find(block: Block, source: Source, signal: AbortSignal): Promise<Summary> {
    const key = keyOf(block, source);
    const text = await store().get(key);
    if (text !== undefined) return { text, made: 0 };
    const failure = failed.get(key);
    if (failure !== undefined && failure.until > runtime.now()) throw new CompressionFailed(failure.reason);
    let first = false;
    const summary = await flights.join(
      key,
      (flight) => {
        first = true;
        return make(key, block, source, flight);
      },
      signal,
    );
    return first ? summary : { ...summary, made: 0 };
  }

  async function make(key: string, block: Block, source: Source, signal: AbortSignal): Promise<Summary> {
    try {
      const parts = await Promise.all(block.parts.map((part) => find(part, source, signal)));
      const lines = block.parts.length > 0 ? parts.map(partLine) : entriesOf(block, source).map(entryLine);
      const summary = await condensed(lines, source, signal);
      failed.delete(key);
      const text = await store().add(key, summary.text);
      return total([...parts, summary], text);
    } catch (error) {
      if (error instanceof CompressionFailed) remember(key, error.reason);
      throw error;
    }
  }

  /** What does not fit into the summariser's context is summarised in parts, and their summaries again. */
  async function condensed(lines: readonly string[], source: Source, signal: AbortSignal): Promise<Summary> {
    const { model, target } = source;
    const groups = packed(lines, mostInputBytes(model.contextTokens, target));
    const summaries = await Promise.all(
      groups.map(async (group) => {
        const body = summaryRequest(model.name, group, target);
        return { text: await limited(() => source.send(body, signal), signal), made: 1 };
      }),
    );
    const [only] = summaries;
    if (summaries.length === 1 && only !== undefined) return only;
    const whole = await condensed(summaries.map(partLine), source, signal);
    return total([...summaries, whole], whole.text);
  }

  function remember(key: string, reason: FailureReason): void {
    failed.delete(key);
    failed.set(key, { reason, until: runtime.now() + restMs });
    const [oldest] = failed.keys();
    if (failed.size > MOST_REMEMBERED && oldest !== undefined) failed.delete(oldest);
  }

  return { write: find };
}

/** The same messages, settings and summariser give the same key; another API key's never do. */
function keyOf(block: Block, { keyId, entries, hashes, model, target }: Source): string {
  const shape = (part: Block): unknown => part.parts.map((inner) => [inner.start, inner.end, shape(inner)]);
  const replaced = hashes.filter((_, index) => isReplaced(block, entries, index));
  const start = block.start;
  const relative = JSON.stringify(shape(block), (_name, value: unknown) =>
    typeof value === 'number' ? value - start : value,
  );
  return createHash('sha256')
    .update(JSON.stringify([PROMPT_VERSION, keyId, model.name, target, relative, replaced]))
    .digest('hex');
}

function entriesOf(block: Block, { entries }: Source): Entry[] {
  return entries.filter((_, index) => isReplaced(block, entries, index));
}

function isReplaced(block: Block, entries: readonly Entry[], index: number): boolean {
  return index >= block.start && index < block.end && entries[index]?.kind !== 'instruction';
}

function entryLine({ record }: Entry): string {
  return dataLine(record);
}

function partLine({ text }: { readonly text: string }, index: number): string {
  return dataLine({ part: index + 1, record: text });
}

function total(summaries: readonly Summary[], text: string): Summary {
  return { text, made: summaries.reduce((sum, { made }) => sum + made, 0) };
}
