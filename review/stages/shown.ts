import type { Part } from '../diff/budget.ts';
import type { DiffLine, FileDiff, Hunk } from '../diff/parse.ts';

/** How hunks are shown, in the words of the task. */
export const AS_SHOWN =
  'Each line of a diff is shown as its number, a bar, a sign and its text: "12 | +text" was added, "12 | -text" was removed (its number is that of the old file), "12 |  text" is unchanged.';

/** Parts of a diff with their line numbers. */
export function shownParts(parts: readonly Part[]): string {
  return parts.map(({ file, hunks }) => shownFile(file, hunks)).join('\n\n');
}

export function shownFile(file: FileDiff, hunks: readonly Hunk[]): string {
  const { path, oldPath, change } = file;
  const renamed = oldPath === undefined || oldPath === path ? '' : `, before: ${JSON.stringify(oldPath)}`;
  return [`FILE ${JSON.stringify(path)} (${change}${renamed})`, ...hunks.map(shownHunk)].join('\n');
}

/** Lines of a whole file around one of them. */
export function shownExcerpt(text: string, line: number, around: number): string {
  return text
    .split('\n')
    .map((content, index) => `${index + 1} |  ${content.replace(/\r$/, '')}`)
    .slice(Math.max(0, line - 1 - around), line + around)
    .join('\n');
}

function shownHunk({ section, lines }: Hunk): string {
  const head = section === '' ? '...' : `... ${section}`;
  return [head, ...lines.map(shownLine)].join('\n');
}

const SIGNS = { added: '+', removed: '-', context: ' ' } as const;

function shownLine({ kind, oldLine, newLine, text }: DiffLine): string {
  return `${newLine ?? oldLine} | ${SIGNS[kind]}${text.replace(/\r$/, '')}`;
}
