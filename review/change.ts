import type { Begin } from './begin.ts';
import { type LeftOut, type Part, withinBudget } from './diff/budget.ts';
import { skipped } from './diff/generated.ts';
import { type FileDiff, parseDiff } from './diff/parse.ts';
import { renamedSince, touched } from './diff/since.ts';
import type { Forge } from './forge.ts';
import type { Job } from './journal.ts';
import type { Settings } from './settings.ts';

/** What of a pull request is read this time. The same for the same commits. */
export interface Change {
  readonly parts: readonly Part[];
  readonly leftOut: readonly LeftOut[];
  /** Old name → new name since the last review. */
  readonly renamed: ReadonlyMap<string, string>;
  /** Undefined: all of the pull request is read. */
  readonly since?: string;
}

/** Reads the diff, all of it or what is new since the last review. @throws when the base or the head is gone */
export async function changeOf(
  job: Job,
  { baseCommit, since }: Begin,
  settings: Settings,
  forge: Forge,
): Promise<Change> {
  const { of, headCommit } = job;
  const text = await forge.diff(of, baseCommit, headCommit);
  if (text === undefined) throw new Error(`${headCommit}: this commit or its base is gone`);
  const all = parseDiff(text);
  const later = since === undefined ? undefined : await forge.diff(of, since, headCommit);
  const newer = later === undefined ? undefined : parseDiff(later);
  const files = newer === undefined ? all : touched(all, newer);
  const attributes = await forge.file(of, '.gitattributes', baseCommit);
  const read: FileDiff[] = [];
  const leftOut: LeftOut[] = [];
  for (const file of files) {
    const { oldPath } = file;
    const known = skipped(file, { attributes, ignore: settings.ignore });
    const why =
      known ??
      (oldPath === undefined
        ? undefined
        : skipped(file, {
            ...{ attributes, ignore: settings.ignore },
            text: await forge.file(of, oldPath, baseCommit),
          }));
    if (why === undefined) read.push(file);
    else leftOut.push({ path: file.path, why });
  }
  const { parts, leftOut: over } = withinBudget(read, {
    perFile: settings.tokensPerFile,
    total: settings.tokens,
  });
  return {
    ...{ parts, leftOut: [...leftOut, ...over], renamed: renamedSince(newer ?? []) },
    ...(newer === undefined ? {} : { since }),
  };
}
