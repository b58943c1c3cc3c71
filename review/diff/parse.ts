import { pathOfHeader, pathOfMarker, unquoted } from './paths.ts';

/** A line of a hunk. Lines count from 1. */
export interface DiffLine {
  readonly kind: 'context' | 'added' | 'removed';
  /** In the old file; undefined for an added line. */
  readonly oldLine?: number;
  /** In the new file; undefined for a removed line. */
  readonly newLine?: number;
  /** Without the line feed; a carriage return before it belongs to the line. */
  readonly text: string;
  /** The file ends with this line, without a line feed. */
  readonly unended: boolean;
}

export interface Hunk {
  readonly oldStart: number;
  readonly oldCount: number;
  readonly newStart: number;
  readonly newCount: number;
  /** What git takes for the function around it. */
  readonly section: string;
  readonly lines: readonly DiffLine[];
}

export interface FileDiff {
  /** In the new tree; of a deleted file, in the old one. */
  readonly path: string;
  /** In the old tree; undefined for a file that is new. */
  readonly oldPath?: string;
  readonly change: 'added' | 'deleted' | 'modified' | 'renamed' | 'copied';
  readonly binary: boolean;
  /** Empty where nothing but name or mode changed, and for binary files. */
  readonly hunks: readonly Hunk[];
}

/** A text that is no diff of git, or is cut off. */
export class DiffError extends Error {
  constructor(message: string, line: number) {
    super(`diff, line ${line}: ${message}`);
    this.name = 'DiffError';
  }
}

const HEADER = 'diff --git ';
const HUNK = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/s;

/** Reads what `git diff` writes. @throws DiffError */
export function parseDiff(text: string): FileDiff[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  const files: FileDiff[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (!line.startsWith(HEADER)) throw new DiffError('a file begins with "diff --git"', at + 1);
    const head = readHead(lines, at);
    const hunks: Hunk[] = [];
    at = head.end;
    while (lines[at]?.startsWith('@@ ') === true) {
      const { hunk, end } = readHunk(lines, at);
      hunks.push(hunk);
      at = end;
    }
    const { path, oldPath, change, binary } = head;
    if (path === undefined) throw new DiffError('a file without a name', at);
    files.push({ path, oldPath, change, binary, hunks });
  }
  return files;
}

interface Head extends Omit<FileDiff, 'path' | 'hunks'> {
  readonly path?: string;
  /** Where its hunks, or the next file, begin. */
  readonly end: number;
}

function readHead(lines: readonly string[], start: number): Head {
  const same = pathOfHeader((lines[start] ?? '').slice(HEADER.length));
  let [from, to]: [string | undefined, string | undefined] = [same, same];
  let change: FileDiff['change'] = 'modified';
  let binary = false;
  let at = start + 1;
  for (; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (line.startsWith(HEADER) || line.startsWith('@@ ')) break;
    if (line.startsWith('new file mode')) change = 'added';
    else if (line.startsWith('deleted file mode')) change = 'deleted';
    else if (line.startsWith('rename from ')) [from, change] = [unquoted(line.slice(12)), 'renamed'];
    else if (line.startsWith('copy from ')) [from, change] = [unquoted(line.slice(10)), 'copied'];
    else if (/^(rename|copy) to /.test(line)) to = unquoted(line.replace(/^\w+ to /, ''));
    else if (line.startsWith('--- ')) from = pathOfMarker(line.slice(4)) ?? from;
    else if (line.startsWith('+++ ')) to = pathOfMarker(line.slice(4)) ?? to;
    else if (/^(Binary files .* differ|GIT binary patch)$/.test(line)) binary = true;
    else if (line.startsWith('@@@')) throw new DiffError('a merge has no one diff; give two commits', at + 1);
    else if (!binary && !/^(old mode|new mode|index|similarity index|dissimilarity index) /.test(line))
      throw new DiffError('is neither of a header nor of a hunk; is the diff cut off?', at + 1);
  }
  return {
    ...{ change, binary, end: at },
    path: change === 'deleted' ? from : to,
    ...(change === 'added' ? {} : { oldPath: from }),
  };
}

function readHunk(lines: readonly string[], start: number): { readonly hunk: Hunk; readonly end: number } {
  const [all, oldStart = '', oldCount = '1', newStart = '', newCount = '1', section = ''] =
    HUNK.exec(lines[start] ?? '') ?? [];
  if (all === undefined) throw new DiffError('no hunk begins like this', start + 1);
  const found: DiffLine[] = [];
  let [oldLine, newLine] = [Number(oldStart), Number(newStart)];
  const [oldEnd, newEnd] = [oldLine + Number(oldCount), newLine + Number(newCount)];
  let at = start + 1;
  for (; oldLine < oldEnd || newLine < newEnd; at += 1) {
    const line = lines[at];
    if (line === undefined) throw new DiffError('the hunk ends too early; is the diff cut off?', at);
    const [sign, text] = [line[0], line.slice(1)];
    const unended = lines[at + 1]?.startsWith('\\ ') === true;
    if (sign === '+') found.push({ kind: 'added', newLine: newLine++, text, unended });
    else if (sign === '-') found.push({ kind: 'removed', oldLine: oldLine++, text, unended });
    else if (sign === ' ' || sign === undefined)
      found.push({ kind: 'context', oldLine: oldLine++, newLine: newLine++, text, unended });
    else throw new DiffError('a line of a hunk begins with " ", "+" or "-"', at + 1);
    if (oldLine > oldEnd || newLine > newEnd) throw new DiffError('the hunk is longer than it says', at + 1);
    if (unended) at += 1;
  }
  const hunk = {
    ...{ oldStart: Number(oldStart), oldCount: Number(oldCount) },
    ...{ newStart: Number(newStart), newCount: Number(newCount) },
    ...{ section: section.replace(/\r$/, ''), lines: found },
  };
  return { hunk, end: at };
}
