import { closeSync, openSync, readSync, renameSync, type Stats, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { hasCode } from './files.ts';
import { type Host, partFolder } from './host.ts';

const BLOCK = 64 * 1024;
const FOLLOW_MILLISECONDS = 100;
const ROTATE_BYTES = 10 * 1024 * 1024;
const NEWLINE = 0x0a;

/** What a part's program has written to its standard output and error. */
export function logPath(host: Pick<Host, 'project'>, environment: string, part: string): string {
  return join(partFolder(host, environment, part), 'log');
}

/**
 * The last lines of a log, oldest first; none when there is no log.
 * @param from first byte that counts
 */
export async function tail(path: string, lines: number, from = 0): Promise<string[]> {
  const size = statOf(path)?.size ?? 0;
  if (size <= from) return [];
  const file = await open(path);
  try {
    const blocks: Buffer[] = [];
    let ends = 0;
    for (let start = size; start > from && ends <= lines; ) {
      const length = Math.min(BLOCK, start - from);
      start -= length;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
      blocks.unshift(buffer.subarray(0, bytesRead));
      ends += countLines(buffer);
    }
    return Buffer.concat(blocks).toString().replace(/\n$/, '').split('\n').slice(-lines);
  } finally {
    await file.close();
  }
}

/**
 * Calls `onLine` for every line that is written after the call, until `signal` aborts. Goes on when the log is
 * truncated, replaced, or does not exist yet.
 */
export async function follow(
  path: string,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let known = statOf(path);
  let position = known?.size ?? 0;
  let rest: Buffer = Buffer.alloc(0);
  while (!signal.aborted) {
    const found = statOf(path);
    if (found !== undefined && (found.ino !== known?.ino || found.size < position)) {
      position = 0;
      rest = Buffer.alloc(0);
    }
    known = found ?? known;
    if (found !== undefined && found.size > position) {
      const read = readFrom(path, position);
      position += read.length;
      rest = emitLines(Buffer.concat([rest, read]), onLine);
    } else {
      await delay(FOLLOW_MILLISECONDS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** Sets a log of more than 10 MB aside as `log.1`. Only while no program writes to it. */
export function rotate(path: string): void {
  if ((statOf(path)?.size ?? 0) > ROTATE_BYTES) renameSync(path, `${path}.1`);
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function countLines(text: Buffer): number {
  return text.reduce((count, byte) => count + (byte === NEWLINE ? 1 : 0), 0);
}

function readFrom(path: string, position: number): Buffer {
  const file = openSync(path, 'r');
  const block = Buffer.alloc(BLOCK);
  try {
    return block.subarray(0, readSync(file, block, 0, BLOCK, position));
  } finally {
    closeSync(file);
  }
}

/** @returns what comes after the last line end */
function emitLines(text: Buffer, onLine: (line: string) => void): Buffer {
  const end = text.lastIndexOf(NEWLINE);
  if (end === -1) return text;
  for (const line of text.subarray(0, end).toString().split('\n')) onLine(line);
  return text.subarray(end + 1);
}
