import { type Part, tokensOf } from './diff/budget.ts';
import { matchesAny } from './glob.ts';
import type { Document } from './stages/docs.ts';

/** Documents that are looked into, of those that a repository has. */
export const MOST_CANDIDATES = 40;
const MOST_DOCUMENTS = 5;
const DOCUMENT_TOKENS = 12_000;
const WHOLE_TOKENS = 3_000;
const AROUND = 6;

/** Documentation that may speak of the change, the most likely folders first. */
export function documentCandidates(paths: readonly string[], patterns: readonly string[]): string[] {
  const depth = (path: string) => path.split('/').length;
  return paths
    .filter((path) => matchesAny(path, patterns) && !/[\p{Cc}"\\]/u.test(path))
    .toSorted((a, b) => depth(a) - depth(b) || a.localeCompare(b))
    .slice(0, MOST_CANDIDATES);
}

/** The documents that have most of the changed lines' words, and of long ones the lines around these. */
export function documentsFor(parts: readonly Part[], candidates: readonly Document[]): Document[] {
  const changed = new Set(parts.map(({ file }) => file.path));
  const words = wordsOf(parts);
  const rare = words.filter((word) => {
    const having = candidates.filter(({ text }) => text.includes(word)).length;
    return having > 0 && (having <= 3 || having <= candidates.length / 2);
  });
  const ranked = candidates
    .map((document) => ({ document, found: rare.filter((word) => document.text.includes(word)) }))
    .filter(({ document, found }) => found.length > 0 && !changed.has(document.path))
    .toSorted((a, b) => b.found.length - a.found.length)
    .slice(0, MOST_DOCUMENTS);
  let left = DOCUMENT_TOKENS;
  return ranked.flatMap(({ document, found }) => {
    const shown = tokensOf(document.text) <= WHOLE_TOKENS ? document.text : linesAround(document.text, found);
    left -= tokensOf(shown);
    return left < 0 ? [] : [{ ...document, shown }];
  });
}

/** A test that is there: the one whose path is most like that of a changed file. */
export function exampleFor(
  parts: readonly Part[],
  paths: readonly string[],
  patterns: readonly string[],
): string | undefined {
  const words = new Set(parts.flatMap(({ file }) => partsOfPath(file.path)));
  const [best] = paths
    .filter((path) => matchesAny(path, patterns) && /test|spec/i.test(path))
    .map((path) => ({ path, like: partsOfPath(path).filter((word) => words.has(word)).length }))
    .toSorted((a, b) => b.like - a.like || a.path.length - b.path.length);
  return best?.path;
}

/** What a change may be tested by: sources, not documents, not tests, not what is gone. */
export function testable(parts: readonly Part[], docs: readonly string[], tests: readonly string[]): Part[] {
  return parts.filter(
    ({ file: { path, change } }) =>
      change !== 'deleted' &&
      !matchesAny(path, docs) &&
      !matchesAny(path, tests) &&
      /\.(?:[cm]?[jt]sx?|py|go|rs|java|kt|rb|php|cs|c|cc|cpp|h|hpp|swift|scala|ex|exs|sh)$/.test(path),
  );
}

function partsOfPath(path: string): string[] {
  return path.toLowerCase().split(/[/._-]+/);
}

function wordsOf(parts: readonly Part[]): string[] {
  const words = parts.flatMap(({ file: { path }, hunks }) => [
    path.split('/').at(-1) ?? path,
    ...hunks.flatMap(({ lines }) =>
      lines.flatMap(({ kind, text }) =>
        kind === 'context' ? [] : (text.match(/[A-Za-z_][\w-]{3,60}/g) ?? []),
      ),
    ),
  ]);
  return [...new Set(words)];
}

function linesAround(text: string, words: readonly string[]): string {
  const lines = text.split('\n');
  const near = lines.map((line) => words.some((word) => line.includes(word)));
  return lines
    .flatMap((line, index) => {
      const shown = near.slice(Math.max(0, index - AROUND), index + AROUND + 1).includes(true);
      return shown ? [line] : [];
    })
    .join('\n');
}
