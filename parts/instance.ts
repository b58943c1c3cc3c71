import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readIfPresent, writeAtomically } from './files.ts';
import { ProcessIdentity } from './pid.ts';

/** pid.json: the process that a part was last started as, and what it has been told since. */
const Instance = ProcessIdentity.extend({
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  processHash: z.string(),
  /** `documentsHash` of the manifest that it last started with or was signalled for. */
  documents: z.string(),
  /** Hash of the generated secrets and certificates that it started with. */
  generated: z.string(),
  /** It has been asked to end: it may still run, but must not be adopted. */
  stopping: z.literal(true).optional(),
});
export type Instance = z.output<typeof Instance>;

/** A part's recorded process, alive or not. Undefined: none is recorded, or the record cannot be read. */
export function readInstance(folder: string): Instance | undefined {
  const text = readIfPresent(pathIn(folder));
  if (text === undefined) return undefined;
  try {
    return Instance.safeParse(JSON.parse(text.toString())).data;
  } catch {
    return undefined;
  }
}

export function writeInstance(folder: string, instance: Instance): void {
  writeAtomically(pathIn(folder), `${JSON.stringify(instance, null, 2)}\n`);
}

export function removeInstance(folder: string): void {
  rmSync(pathIn(folder), { force: true });
}

function pathIn(folder: string): string {
  return join(folder, 'pid.json');
}
