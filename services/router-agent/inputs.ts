import { hopKeyMap } from './hop-key.ts';
import { type Lookup, parseServers, resolveServers, type ServersByTarget } from './servers.ts';
import type { DocumentSource } from './source.ts';

/** What nginx shall be given. */
export interface Wanted {
  readonly text: string;
  readonly servers: ServersByTarget;
  readonly hopKeyMap: string;
}

/** One reading of all inputs. */
export interface Reading {
  /** The document as it was last read, also if nothing else could be. */
  readonly text?: string;
  /** Absent until every input was read once. */
  readonly wanted?: Wanted;
  /** Inputs that could not be read; their last values are used. */
  readonly problems: readonly string[];
}

export interface InputsProps {
  readonly document: DocumentSource;
  readonly servers: DocumentSource;
  /** Reads the hop key; an error's message must not contain it. */
  readonly hopKey: () => Promise<string>;
  readonly lookup: Lookup;
}

/** Reads what the agent applies. A broken input holds up none of the others. */
export function createInputs({ document, servers, hopKey, lookup }: InputsProps): () => Promise<Reading> {
  const texts = parsedSource(document, (text) => text);
  const lists = parsedSource(servers, parseServers);
  const readText = lastGood(texts);
  const readServers = lastGood(async () => resolveServers(await lists(), lookup));
  const readHopKey = lastGood(async () => hopKeyMap(await hopKey()));

  return async () => {
    const [text, byTarget, map] = await Promise.all([readText(), readServers(), readHopKey()]);
    const problems = [text, byTarget, map].flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
    if (text.value === undefined || byTarget.value === undefined || map.value === undefined)
      return { text: text.value, problems };
    const wanted = { text: text.value, servers: byTarget.value, hopKeyMap: map.value };
    return { text: text.value, wanted, problems };
  };
}

/** Parses a source's document once per tag. */
function parsedSource<T>(source: DocumentSource, parse: (text: string) => T): () => Promise<T> {
  let last: { readonly tag: string; readonly value: T } | undefined;
  return async () => {
    const fetched = await source.fetch(last?.tag);
    if (fetched !== 'unchanged') last = { tag: fetched.tag, value: parse(fetched.text) };
    if (last === undefined) throw new Error('the source says unchanged, but nothing was fetched before');
    return last.value;
  };
}

/** Repeats the last value while reading fails. */
function lastGood<T>(
  read: () => Promise<T>,
): () => Promise<{ readonly value?: T; readonly problem?: string }> {
  let value: T | undefined;
  return async () => {
    try {
      value = await read();
      return { value };
    } catch (error) {
      return { value, problem: error instanceof Error ? error.message : String(error) };
    }
  };
}
