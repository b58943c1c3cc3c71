import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename } from 'node:path';
import { hasCode } from './files.ts';
import { processNumbers } from './pid.ts';

/** The process that listens on a port. */
export interface Holder {
  readonly pid: number;
  /** Base name of its program: `nginx`. */
  readonly program: string;
}

/**
 * Whether a program could listen there, found out by doing it.
 * @throws the system's error when the address itself cannot be used (EADDRNOTAVAIL, EACCES)
 */
export function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (hasCode(error, 'EADDRINUSE') ? resolve(false) : reject(error)));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Who listens on a port, on whatever address. Undefined: nobody, or the system does not tell (not Linux, another user's process). */
export function holderOf(port: number): Holder | undefined {
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) => listeningSockets(file, port));
  if (sockets.length === 0) return undefined;
  const pid = processNumbers().find((candidate) => holdsOneOf(candidate, sockets));
  return pid === undefined ? undefined : { pid, program: programOf(pid) };
}

/** Links of listening sockets: `socket:[<inode>]`. Columns: proc_net(5); state 0A is LISTEN. */
function listeningSockets(file: string, port: number): string[] {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return linesOf(file)
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[1]?.endsWith(local) === true && columns[3] === '0A')
    .map((columns) => `socket:[${columns[9]}]`);
}

function holdsOneOf(pid: number, sockets: readonly string[]): boolean {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).some((fd) => sockets.includes(readlinkSync(`${folder}/${fd}`)));
  } catch {
    return false;
  }
}

function programOf(pid: number): string {
  const [program = ''] = linesOf(`/proc/${pid}/cmdline`)[0]?.split('\0') ?? [];
  return basename(program.split(/[:\s]/)[0] ?? '');
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
