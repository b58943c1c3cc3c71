import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';

/** A process, told apart from every later one that is given the same number. */
export const ProcessIdentity = z.strictObject({
  pid: z.int().min(1),
  /** Linux: clock ticks since boot (`/proc/<pid>/stat`, field 22). Elsewhere: the text of `ps -o lstart=`. */
  startTime: z.string().min(1),
  /** Linux: `/proc/sys/kernel/random/boot_id`. Elsewhere empty: there the start time is absolute. */
  bootId: z.string(),
});
export type ProcessIdentity = z.output<typeof ProcessIdentity>;

/** A line of the process table. */
export interface ProcessEntry extends ProcessIdentity {
  /** Process group; equals the pid of the process that was started as the group's leader. */
  readonly group: number;
  /** Ended with all its threads, its ports and files closed, and only waiting for its parent to take note. */
  readonly zombie: boolean;
}

/** How a system tells its processes. */
export interface ProcessTable {
  readonly find: (pid: number) => ProcessEntry | undefined;
  readonly all: () => ProcessEntry[];
}

/** Linux: `/proc`, see proc_pid_stat(5). */
export const procTable: ProcessTable = {
  find: (pid) => readStat(pid, bootId()),
  all: () => {
    const boot = bootId();
    return processNumbers().flatMap((pid) => readStat(pid, boot) ?? []);
  },
};

/** Every other system: `ps`. */
export const psTable: ProcessTable = {
  find: (pid) => ps('-p', String(pid))[0],
  all: () => ps('-A'),
};

const table = process.platform === 'linux' ? procTable : psTable;

/** The process with this number, a zombie included. Undefined: there is none. */
export function findProcess(pid: number): ProcessEntry | undefined {
  return table.find(pid);
}

/** All processes that have not ended. */
export function liveProcesses(): ProcessEntry[] {
  return table.all().filter(({ zombie }) => !zombie);
}

/** Whether exactly this process still runs: same number, same start, same boot, not a zombie. */
export function isAlive({ pid, startTime, bootId }: ProcessIdentity): boolean {
  const found = findProcess(pid);
  return found !== undefined && !found.zombie && found.startTime === startTime && found.bootId === bootId;
}

/** The numbers of all processes under `/proc`; none where there is no `/proc`. */
export function processNumbers(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/**
 * `<pid> (<name>) <state> <parent> <group> <session> …`; the name may hold blanks and parentheses. The state is
 * the first thread's: while others (field 20 counts them) still end, it is Z already but ports are not free yet.
 */
function readStat(pid: number, boot: string): ProcessEntry | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', , group = ''] = fields;
  const [threads, , startTime = ''] = fields.slice(17);
  const zombie = /^[ZX]/.test(state) && Number(threads) <= 1;
  return { pid, startTime, bootId: boot, group: Number(group), zombie };
}

function ps(...selection: readonly string[]): ProcessEntry[] {
  const columns = ['-o', 'pid=', '-o', 'pgid=', '-o', 'stat=', '-o', 'lstart='];
  try {
    const output = execFileSync('ps', [...selection, ...columns], {
      encoding: 'utf8',
      env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return output.split('\n').flatMap(parsePsLine);
  } catch {
    return [];
  }
}

function parsePsLine(line: string): ProcessEntry[] {
  const [, pid, group, state = '', startTime] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
  if (pid === undefined || startTime === undefined) return [];
  return [{ pid: Number(pid), startTime, bootId: '', group: Number(group), zombie: state.startsWith('Z') }];
}
