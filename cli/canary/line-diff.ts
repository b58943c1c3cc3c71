/** One changed line of a text; numbers count from 1 and are of the side it stands on. */
export interface ChangedLine {
  readonly sign: '-' | '+';
  readonly line: number;
  readonly text: string;
}

/** Lines that differ, for edits that change, add or remove a few lines in place: longest common subsequence. */
export function changedLines(before: string, after: string): ChangedLine[] {
  const old = before.split('\n');
  const now = after.split('\n');
  let start = 0;
  while (start < old.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  return between(old.slice(start, old.length - end), now.slice(start, now.length - end), start);
}

function between(old: readonly string[], now: readonly string[], start: number): ChangedLine[] {
  const lengths = Array.from({ length: old.length + 1 }, () => new Array<number>(now.length + 1).fill(0));
  const at = (row: number, column: number) => lengths[row]?.[column] ?? 0;
  for (let i = old.length - 1; i >= 0; i -= 1) {
    const row = lengths[i] ?? [];
    for (let j = now.length - 1; j >= 0; j -= 1)
      row[j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const changed: ChangedLine[] = [];
  for (let i = 0, j = 0; i < old.length || j < now.length; ) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      i += 1;
      j += 1;
    } else if (i < old.length && (j === now.length || at(i + 1, j) >= at(i, j + 1))) {
      changed.push({ sign: '-', line: start + i + 1, text: old[i] ?? '' });
      i += 1;
    } else {
      changed.push({ sign: '+', line: start + j + 1, text: now[j] ?? '' });
      j += 1;
    }
  }
  return changed;
}
