import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hasCode, readIfPresent } from './files.ts';
import type { Host } from './host.ts';
import { findProcess, isAlive, ProcessIdentity } from './pid.ts';

const POLL_MILLISECONDS = 25;

/**
 * Runs an action while nobody else does under the same path, in this process or another one.
 *
 * The lock is a folder that holds one file, named at random, with its holder's identity. Taking it renames a
 * prepared folder onto the path, which the system refuses unless the path is missing or an empty folder
 * (rename(2)); breaking a dead holder's lock removes that holder's file by its name. So both are single
 * steps that cannot hit somebody who came in between, and a holder that was killed is never in the way.
 *
 * @param onWait called once, with the holder, if there is one to wait for
 */
export async function withLock<T>(
  path: string,
  { sleep }: Pick<Host, 'sleep'>,
  onWait: (holder: ProcessIdentity) => void,
  action: () => Promise<T>,
): Promise<T> {
  const name = randomBytes(8).toString('hex');
  let told = false;
  for (;;) {
    const holder = liveHolder(path);
    if (holder === undefined) {
      if (take(path, name)) break;
    } else {
      if (!told) onWait(holder);
      told = true;
      await sleep(POLL_MILLISECONDS);
    }
  }
  try {
    return await action();
  } finally {
    release(path, name);
  }
}

function liveHolder(path: string): ProcessIdentity | undefined {
  for (const name of claims(path)) {
    const holder = readHolder(join(path, name));
    if (holder !== undefined && isAlive(holder)) return holder;
    rmSync(join(path, name), { force: true });
  }
  return undefined;
}

function claims(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

function readHolder(file: string): ProcessIdentity | undefined {
  try {
    return ProcessIdentity.safeParse(JSON.parse(readIfPresent(file)?.toString() ?? 'null')).data;
  } catch {
    return undefined;
  }
}

function take(path: string, name: string): boolean {
  const draft = `${path}.${name}`;
  const own = findProcess(process.pid);
  if (own === undefined) throw new Error('this process is not in the process table; is /proc mounted?');
  const { pid, startTime, bootId } = own;
  mkdirSync(draft, { recursive: true });
  writeFileSync(join(draft, name), JSON.stringify({ pid, startTime, bootId }));
  try {
    renameSync(draft, path);
    return true;
  } catch (error) {
    rmSync(draft, { recursive: true });
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw error;
  }
}

function release(path: string, name: string): void {
  rmSync(join(path, name), { force: true });
  try {
    rmdirSync(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}
