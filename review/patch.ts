import type { Document, Edit } from './stages/docs.ts';

/** Edits as a unified diff, one hunk each, as `git apply` reads it; and the texts after them. */
export interface Patch {
  readonly text: string;
  readonly files: ReadonlyMap<string, string>;
}

/** Applies edits to their documents. Edits of one document must not overlap: a later one that no longer fits is left out. */
export function patchOf(edits: readonly Edit[], documents: readonly Document[]): Patch {
  const files = new Map<string, string>();
  const texts: string[] = [];
  for (const { path, text: before } of documents) {
    const of = edits
      .filter((edit) => edit.path === path)
      .map((edit) => ({ ...edit, at: before.indexOf(edit.find) }))
      .filter(({ at }) => at >= 0)
      .toSorted((a, b) => a.at - b.at);
    if (of.length === 0) continue;
    const { hunks, after } = hunksOf(before, of);
    files.set(path, after);
    texts.push(`--- a/${path}\n+++ b/${path}\n${hunks.join('')}`);
  }
  return { text: texts.join(''), files };
}

interface Placed extends Edit {
  readonly at: number;
}

function hunksOf(before: string, edits: readonly Placed[]): { hunks: string[]; after: string } {
  const hunks: string[] = [];
  let after = '';
  let done = 0;
  let moved = 0;
  for (const { find, replace, at } of edits) {
    const [start, end] = wholeLines(before, at, at + find.length);
    if (start < done) continue;
    const old = linesOf(before.slice(start, end));
    const changed = before.slice(start, at) + replace + before.slice(at + find.length, end);
    const text = changed === '' || changed.endsWith('\n') || end === before.length ? changed : `${changed}\n`;
    const young = linesOf(text);
    const line = before.slice(0, start).split('\n').length;
    const from = old.length === 0 ? line - 1 : line;
    const to = young.length === 0 ? line + moved - 1 : line + moved;
    hunks.push(
      `@@ -${from},${old.length} +${to},${young.length} @@\n${signed('-', old)}${signed('+', young)}`,
    );
    after += before.slice(done, start) + text;
    done = end;
    moved += young.length - old.length;
  }
  return { hunks, after: after + before.slice(done) };
}

function wholeLines(text: string, from: number, to: number): readonly [start: number, end: number] {
  const start = text.lastIndexOf('\n', from - 1) + 1;
  if (to > from && text[to - 1] === '\n') return [start, to];
  const feed = text.indexOf('\n', to);
  return [from === 0 ? 0 : start, feed < 0 ? text.length : feed + 1];
}

function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function signed(sign: string, lines: readonly string[]): string {
  return lines
    .map((line) =>
      line.endsWith('\n') ? `${sign}${line}` : `${sign}${line}\n\\ No newline at end of file\n`,
    )
    .join('');
}
