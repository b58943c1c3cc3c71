import { type FileHandle, open, readdir } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import { rotatedFile, rotatedNumber } from '../contracts/ledger.ts';
import { hasCode } from '../parts/files.ts';

/**
 * Reads every line of a ledger, oldest first, while the gateway may go on writing. The newest file is opened before
 * the others are listed: one that is renamed in between is met twice, and read once.
 * @param file Relative to the project.
 * @returns the files that were read, relative to the project
 */
export async function readLedger(
  project: string,
  file: string,
  onLine: (line: string) => void,
): Promise<string[]> {
  const path = resolve(project, file);
  const newest = await openIfPresent(path);
  const read: string[] = [];
  try {
    const newestId = await newest?.stat();
    for (const number of await rotatedNumbers(path)) {
      const older = await open(rotatedFile(path, number));
      try {
        const { ino, dev } = await older.stat();
        if (ino === newestId?.ino && dev === newestId.dev) continue;
        await readLines(older, onLine);
      } finally {
        await older.close();
      }
      read.push(rotatedFile(path, number));
    }
    if (newest !== undefined) {
      await readLines(newest, onLine);
      read.push(path);
    }
  } finally {
    await newest?.close();
  }
  return read.map((name) => relative(project, name));
}

async function readLines(file: FileHandle, onLine: (line: string) => void): Promise<void> {
  for await (const line of file.readLines({ autoClose: false })) if (line !== '') onLine(line);
}

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

async function rotatedNumbers(path: string): Promise<number[]> {
  try {
    const names = await readdir(dirname(path));
    return names.flatMap((name) => rotatedNumber(basename(path), name) ?? []).toSorted((a, b) => a - b);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}
