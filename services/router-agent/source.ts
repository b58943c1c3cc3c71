import { createHash } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

/** One state of a document. Equal tags mean equal texts. */
export interface Fetched {
  readonly text: string;
  readonly tag: string;
}

/** Where a document comes from. */
export interface DocumentSource {
  readonly place: string;
  /**
   * The document, unless its tag is still `known`.
   * @throws Error if it cannot be had; the message names the place
   */
  fetch(known: string | undefined): Promise<Fetched | 'unchanged'>;
  /** Calls back soon after it may have changed; not every change is noticed. Returns how to stop. */
  watch(changed: () => void): () => void;
}

/** A document in a file that is replaced by rename. */
export function fileSource(path: string): DocumentSource {
  return {
    place: path,
    async fetch(known) {
      const text = await readFile(path, 'utf8');
      const tag = createHash('sha256').update(text).digest('hex');
      return tag === known ? 'unchanged' : { text, tag };
    },
    watch: (changed) => watchFile(path, changed),
  };
}

/** Watches a file through its folder, so that it may be replaced. Without a folder, or a watch, nothing is noticed. */
export function watchFile(path: string, changed: () => void): () => void {
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dirname(path), (_event, file) => {
      if (file === null || file === basename(path)) changed();
    });
    watcher.on('error', () => watcher?.close());
  } catch {
    return () => {};
  }
  return () => watcher?.close();
}
