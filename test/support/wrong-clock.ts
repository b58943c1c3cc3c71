import { execFileSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A clock for programs of this machine that can be set while they run; see wrong-clock.c, which a C compiler translates here. */
export class WrongClock {
  /** What a program is started with. */
  readonly variables: Readonly<Record<'LD_PRELOAD' | 'WRONG_CLOCK', string>>;
  readonly #file: string;

  constructor(folder: string) {
    const library = join(folder, 'wrong-clock.so');
    this.#file = join(folder, 'wrong-by');
    writeFileSync(this.#file, seconds(0));
    execFileSync('cc', [
      ...['-shared', '-fPIC', '-O1', '-Wall', '-Wextra', '-Werror', '-o', library],
      resolve(import.meta.dirname, 'wrong-clock.c'),
    ]);
    this.variables = { LD_PRELOAD: library, WRONG_CLOCK: this.#file };
  }

  /** Sets it ahead by so many seconds, or back if they are negative. In place: the programs have the file in their memory. */
  isWrongBy(count: number): void {
    const file = openSync(this.#file, 'r+');
    writeSync(file, seconds(count), 0, 8, 0);
    closeSync(file);
  }
}

function seconds(count: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(count));
  return bytes;
}
