import { SKIPPED } from './generated.ts';
import type { DiffLine, FileDiff, Hunk } from './parse.ts';

/** UTF-8 bytes that count as a token: code has more, so that a budget is kept rather than met. */
const BYTES_PER_TOKEN = 3;
/** A hunk longer than this is read in parts. */
const MOST_LINES = 150;

export interface Part {
  readonly file: FileDiff;
  readonly hunks: readonly Hunk[];
  readonly tokens: number;
}

export const WHYS = [
  ...SKIPPED,
  'over the budget of the file',
  'over the budget of the pull request',
] as const;

/** A file that is not read, or not to its end. */
export interface LeftOut {
  readonly path: string;
  readonly why: (typeof WHYS)[number];
  /** First line that is not read, in the new file; undefined: none is. */
  readonly from?: number;
}

export interface Budget {
  readonly perFile: number;
  readonly total: number;
}

/** At most this many tokens for a text. */
export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/** What of each file is read: whole hunks, in their order, as many as the budgets hold. */
export function withinBudget(
  files: readonly FileDiff[],
  { perFile, total }: Budget,
): { readonly parts: Part[]; readonly leftOut: LeftOut[] } {
  const parts: Part[] = [];
  const leftOut: LeftOut[] = [];
  let left = total;
  for (const file of files) {
    const room = Math.min(perFile, left);
    const pieces = file.hunks.flatMap(inPieces);
    const hunks: Hunk[] = [];
    let tokens = 0;
    for (const hunk of pieces) {
      const more = tokensOfHunk(hunk);
      if (tokens + more > room) break;
      hunks.push(hunk);
      tokens += more;
    }
    if (hunks.length > 0) parts.push({ file, hunks, tokens });
    left -= tokens;
    const first = pieces[hunks.length];
    if (first !== undefined)
      leftOut.push({
        path: file.path,
        why: room < perFile ? 'over the budget of the pull request' : 'over the budget of the file',
        ...(hunks.length === 0 ? {} : { from: first.newStart }),
      });
  }
  return { parts, leftOut };
}

/** Parts that one question holds, in order. */
export function inQuestions(parts: readonly Part[], most: number): Part[][] {
  const questions: Part[][] = [];
  let room = 0;
  for (const part of parts) {
    if (part.tokens > room || questions.length === 0) {
      questions.push([]);
      room = most;
    }
    questions.at(-1)?.push(part);
    room -= part.tokens;
  }
  return questions;
}

function tokensOfHunk({ lines }: Hunk): number {
  return lines.reduce((sum, { text }) => sum + tokensOf(text) + 4, 8);
}

/** A long hunk as several, each with its own beginning. */
function inPieces(hunk: Hunk): Hunk[] {
  if (hunk.lines.length <= MOST_LINES) return [hunk];
  const pieces: Hunk[] = [];
  let [oldStart, newStart] = [hunk.oldStart, hunk.newStart];
  for (let at = 0; at < hunk.lines.length; at += MOST_LINES) {
    const lines = hunk.lines.slice(at, at + MOST_LINES);
    const [oldCount, newCount] = [countOf(lines, 'added'), countOf(lines, 'removed')];
    pieces.push({ oldStart, oldCount, newStart, newCount, section: hunk.section, lines });
    oldStart += oldCount;
    newStart += newCount;
  }
  return pieces;
}

function countOf(lines: readonly DiffLine[], without: DiffLine['kind']): number {
  return lines.filter(({ kind }) => kind !== without).length;
}
