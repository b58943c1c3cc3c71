import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const FILLER = 'filler';
const MIB = 1024 * 1024;
const PAGE = 4096;

/** A small disk of its own (in memory) for a folder. Only root may make one. */
export class SmallDisk {
  readonly #folder: string;

  constructor(folder: string, mebibytes: number) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'fleet-test', folder]);
  }

  /** Takes all the room there is. */
  fill(): void {
    const file = openSync(join(this.#folder, FILLER), 'w');
    for (const size of [MIB, PAGE]) writeAsLongAsPossible(file, Buffer.alloc(size));
    closeSync(file);
  }

  empty(): void {
    rmSync(join(this.#folder, FILLER), { force: true });
  }

  /** Nobody may use it any more. */
  remove(): void {
    execFileSync('umount', [this.#folder]);
  }
}

function writeAsLongAsPossible(file: number, bytes: Buffer): void {
  try {
    for (;;) writeSync(file, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
