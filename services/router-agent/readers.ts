import { RefusedError } from './document.ts';
import type { Kept } from './kept.ts';
import type { DocumentSource } from './source.ts';

export type SourceName = 'document' | 'servers' | 'discovery' | 'hop-key';

/** Why the last value of a source is used. */
export interface Problem {
  readonly source: SourceName;
  /** What it gave is broken, as against: nothing could be had. */
  readonly refused: boolean;
  readonly message: string;
}

export interface Read<T> {
  /** Absent until it was read once. */
  readonly value?: T;
  readonly problem?: Problem;
}

export type Reader<T> = () => Promise<Read<T>>;

export interface ReaderProps<T> {
  readonly source: SourceName;
  readonly read: () => Promise<T>;
  /** The value that an earlier run of this program had. @default - none */
  readonly last?: () => Promise<T | undefined>;
}

/** Repeats the last value while reading fails. */
export function lastGood<T>({ source, read, last }: ReaderProps<T>): Reader<T> {
  let value: T | undefined;
  return async () => {
    try {
      value = await read();
      return { value };
    } catch (error) {
      value ??= await last?.();
      const message = error instanceof Error ? error.message : String(error);
      return { value, problem: { source, refused: error instanceof RefusedError, message } };
    }
  };
}

/** What a source's document says. It is parsed once per tag, and kept if it can be. */
export function parsed<T>(source: DocumentSource, parse: (text: string) => T, kept?: Kept): () => Promise<T> {
  let last: { readonly tag: string; readonly value: () => T } | undefined;
  return async () => {
    const fetched = await source.fetch(last?.tag);
    if (fetched !== 'unchanged') {
      const { text, tag } = fetched;
      last = { tag, value: once(() => parse(text)) };
      last.value();
      await kept?.write(text);
    }
    if (last === undefined) throw new Error('the source says unchanged, but nothing was fetched before');
    return last.value();
  };
}

/** A kept text as it parses; undefined if there is none, or none that can be used. */
export async function recalled<T>(kept: Kept, parse: (text: string) => T): Promise<T | undefined> {
  const text = await kept.read();
  try {
    return text === undefined ? undefined : parse(text);
  } catch {
    return undefined;
  }
}

/** Asks at most once in so many milliseconds; in between the last answer holds. A failed question is asked again. */
export function seldom<T>(ask: () => Promise<T>, everyMs: number, now: () => number): () => Promise<T> {
  let last: { readonly at: number; readonly value: T } | undefined;
  return async () => {
    if (last === undefined || now() - last.at >= everyMs) last = { at: now(), value: await ask() };
    return last.value;
  };
}

/** Computes a value or an error the first time only. */
function once<T>(compute: () => T): () => T {
  let result: (() => T) | undefined;
  return () => {
    if (result === undefined) {
      try {
        const value = compute();
        result = () => value;
      } catch (error) {
        result = () => {
          throw error;
        };
      }
    }
    return result();
  };
}
