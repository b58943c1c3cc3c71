import { readdir, readFile } from 'node:fs/promises';

/** A worker process that finishes its requests and takes no more. */
export interface OldWorker {
  readonly pid: number;
  /** Hundredths of a second between the machine's start and its own. */
  readonly started: number;
}

/**
 * After it has started a generation of workers, nginx sleeps for 100 ms. Starts further apart than this are of two
 * generations; a slow machine may make one look like two.
 */
const GENERATION_GAP = 8;

/** How many generations these workers are of. */
export function generationsOf(workers: readonly OldWorker[]): number {
  const starts = workers.map(({ started }) => started).sort((a, b) => a - b);
  return starts.filter((start, index) => index === 0 || start - (starts[index - 1] ?? 0) >= GENERATION_GAP)
    .length;
}

/** The old workers of an nginx master, by their titles. */
export async function oldWorkersOf(master: number): Promise<OldWorker[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(names.map((name) => oldWorker(Number(name), master)));
  return found.filter((worker) => worker !== undefined);
}

async function oldWorker(pid: number, master: number): Promise<OldWorker | undefined> {
  const stat = await readOrEmpty(`/proc/${pid}/stat`);
  // The second field is a name in brackets, which may hold anything; parent and start are fields 4 and 22.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (Number(fields[1]) !== master) return undefined;
  const title = await readOrEmpty(`/proc/${pid}/cmdline`);
  return title.startsWith('nginx: worker process is shutting down')
    ? { pid, started: Number(fields[19]) }
    : undefined;
}

async function readOrEmpty(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
