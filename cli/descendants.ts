import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One line of the process table. */
export interface ProcessLine {
  readonly pid: number;
  readonly parent: number;
  /** Name of the program; Linux keeps its first 15 characters. */
  readonly name: string;
}

/** Linux cuts names after 15 characters (proc_pid_comm(5)). */
export const NAME_LENGTH = 15;

/** All processes of this host: from /proc, elsewhere from ps. */
export function processTable(): ProcessLine[] {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

/** The processes below `pid`: children, grandchildren and so on, whatever session or group they are in. */
export function descendantsOf(pid: number, table: readonly ProcessLine[]): ProcessLine[] {
  const children = table.filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child.pid, table)]);
}

function fromProc(): ProcessLine[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => parseStat(statOf(name)));
}

/** A process may end between two reads. */
function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return '';
  }
}

/** `<pid> (<name>) <state> <parent> …` (proc_pid_stat(5)); the name may hold blanks and parentheses. */
function parseStat(stat: string): ProcessLine[] {
  const [, pid, name, parent] = /^(\d+) \((.*)\) \S (\d+) /s.exec(stat) ?? [];
  return name === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), name }];
}

function fromPs(): ProcessLine[] {
  const output = execFileSync('ps', ['-axo', 'pid=,ppid=,comm='], { encoding: 'utf8' });
  return output.split('\n').flatMap((line) => {
    const [, pid, parent, path] = /^\s*(\d+)\s+(\d+)\s+(.+?)\s*$/.exec(line) ?? [];
    return path === undefined
      ? []
      : [
          {
            pid: Number(pid),
            parent: Number(parent),
            name: (path.split('/').at(-1) ?? path).slice(0, NAME_LENGTH),
          },
        ];
  });
}
