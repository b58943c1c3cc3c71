import { type FileHandle, mkdir, open, readdir, rename } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { rotatedFile, rotatedNumber } from '../../contracts/ledger.ts';

/** A file that grows by whole lines and is renamed when it is full. */
export interface LedgerFile {
  /** @param lines Each ends with a newline. Either all of them are in the file or, with an Error, none. */
  append(lines: string): Promise<void>;
}

const PRIVATE_FOLDER = 0o700;
const PRIVATE_FILE = 0o600;
const NEWLINE = 0x0a;

/**
 * The file is opened anew for every append, so that one that was moved, or a disk that was full, does no lasting
 * harm. One program at a time may write to it.
 */
export function createLedgerFile(path: string, rotateBytes: number): LedgerFile {
  return {
    async append(lines) {
      const bytes = Buffer.from(lines);
      await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
      const full = await withFile(path, async (file) => {
        const { size } = await file.stat();
        if (size > 0 && size + bytes.length > rotateBytes) return true;
        await appendAt(size, file, bytes);
        return false;
      });
      if (!full) return;
      await rename(path, rotatedFile(path, (await lastRotated(path)) + 1));
      await withFile(path, (file) => appendAt(0, file, bytes));
    },
  };
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, 'a+', PRIVATE_FILE);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** A line that a killed program left unfinished is ended first; bytes of a write that fails are taken back. */
async function appendAt(size: number, file: FileHandle, bytes: Buffer): Promise<void> {
  try {
    const whole = size === 0 || (await byteAt(file, size - 1)) === NEWLINE;
    await file.appendFile(whole ? bytes : Buffer.concat([Buffer.of(NEWLINE), bytes]));
  } catch (error) {
    await file.truncate(size).catch(() => undefined);
    throw error;
  }
}

async function byteAt(file: FileHandle, position: number): Promise<number | undefined> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, position);
  return buffer[0];
}

async function lastRotated(path: string): Promise<number> {
  const names = await readdir(dirname(path));
  return Math.max(0, ...names.map((name) => rotatedNumber(basename(path), name) ?? 0));
}
