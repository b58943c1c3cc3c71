import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Store } from './store.ts';

const DRAFT = /^\.draft-/;

/** A folder of files. One program has it for itself. What is there after a crash is whole: drafts are renamed when they are on disk. */
export function folderStore(folder: string): Store {
  const fileOf = (key: string) => join(folder, key);

  /** @returns path of a file beside it that holds the text */
  async function draft(key: string, text: string): Promise<string> {
    const path = join(dirname(fileOf(key)), `.draft-${randomUUID()}`);
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    return path;
  }

  async function read(key: string) {
    const text = await unless('ENOENT', readFile(fileOf(key), 'utf8'));
    return text === undefined ? undefined : { text, generation: generationOf(text) };
  }

  return {
    read,
    async create(key, text) {
      const path = await draft(key, text);
      try {
        const linked = await unless(
          'EEXIST',
          link(path, fileOf(key)).then(() => true),
        );
        if (linked === true) await syncFolder(dirname(path));
        return linked === true;
      } finally {
        await rm(path);
      }
    },
    async replace(key, text, generation) {
      if ((await read(key))?.generation !== generation) return false;
      await rename(await draft(key, text), fileOf(key));
      await syncFolder(dirname(fileOf(key)));
      return true;
    },
    async remove(key) {
      await rm(fileOf(key), { force: true });
    },
    async list(prefix) {
      const entries = await unless(
        'ENOENT',
        readdir(fileOf(prefix), { recursive: true, withFileTypes: true }),
      );
      return (entries ?? [])
        .filter((entry) => entry.isFile() && !DRAFT.test(entry.name))
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
        .toSorted();
    },
  };
}

/** A new name is durable when its folder is. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function generationOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function unless<T>(code: string, work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) return undefined;
    throw error;
  }
}
