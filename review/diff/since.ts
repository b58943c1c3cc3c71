import type { DiffLine, FileDiff, Hunk } from './parse.ts';

/**
 * Of a pull request's diff, the hunks that touch what a later diff changed: its added lines, and places where it took
 * lines away. What came in by a merge of the base is in no hunk of the pull request, so it drops out.
 */
export function touched(files: readonly FileDiff[], since: readonly FileDiff[]): FileDiff[] {
  const changed = new Map(since.map((file) => [file.path, changedLines(file)]));
  return files.flatMap((file) => {
    const lines = changed.get(file.path);
    if (lines === undefined) return [];
    if (file.change === 'deleted') return [file];
    const hunks = file.hunks.filter((hunk) => touches(hunk, lines));
    return hunks.length === 0 && file.hunks.length > 0 ? [] : [{ ...file, hunks }];
  });
}

/** Old name → new name of what a later diff renamed. */
export function renamedSince(since: readonly FileDiff[]): ReadonlyMap<string, string> {
  return new Map(
    since.flatMap(({ change, oldPath, path }) =>
      change === 'renamed' && oldPath !== undefined ? [[oldPath, path]] : [],
    ),
  );
}

/** Lines of the new file that are new, or stand right after one that went. */
function changedLines({ hunks }: FileDiff): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { newStart, newCount, lines } of hunks) {
    let next = newCount === 0 ? newStart + 1 : newStart;
    for (const line of lines) {
      found.add(changedAt(line, next));
      if (line.newLine !== undefined) next = line.newLine + 1;
    }
  }
  found.delete(0);
  return found;
}

/** 0: unchanged. */
function changedAt({ kind, newLine = 0 }: DiffLine, next: number): number {
  if (kind === 'added') return newLine;
  return kind === 'removed' ? next : 0;
}

function touches({ newStart, newCount }: Hunk, lines: ReadonlySet<number>): boolean {
  for (let line = newStart; line <= newStart + newCount; line += 1) if (lines.has(line)) return true;
  return false;
}
