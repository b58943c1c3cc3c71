import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The last good state of something, for a start while its source does not answer. */
export interface Kept {
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

/** A text in a file, replaced whole. */
export function keptFile(path: string): Kept {
  return {
    read: () => readIfThere(path),
    async write(text) {
      if (text === (await readIfThere(path))) return;
      await mkdir(dirname(path), { recursive: true });
      await writeFile(`${path}.draft`, text);
      await rename(`${path}.draft`, path);
    },
  };
}

export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
