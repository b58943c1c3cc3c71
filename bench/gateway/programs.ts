import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { build as esbuild } from 'esbuild';

const ROOT = resolve(import.meta.dirname, '../..');

export interface Program {
  readonly pid: number;
  /** Resident memory of it and its descendants, in MiB. */
  residentMiB(): number;
  /** Processor time that they have used so far. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

/** Makes `dist/bench/NAME.js` of programs of this folder. */
export async function bundled(...names: readonly string[]): Promise<void> {
  await esbuild({
    entryPoints: names.map((name) => join(import.meta.dirname, `${name}.ts`)),
    outdir: join(ROOT, 'dist/bench'),
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
}

/** Starts a program held on one core, its output in a file. */
export function startPinned(
  command: readonly string[],
  {
    cpu,
    log,
    env = {},
  }: { readonly cpu: number; readonly log: string; readonly env?: Readonly<Record<string, string>> },
): Program {
  const output = openSync(log, 'w');
  const child: ChildProcess = spawn('taskset', ['-c', String(cpu), ...command], {
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
    detached: true,
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${command[0]} did not start`);
  return {
    pid,
    residentMiB: () => familyOf(pid).reduce((sum, member) => sum + residentKiB(member), 0) / 1024,
    cpuSeconds: () => familyOf(pid).reduce((sum, member) => sum + ticks(member), 0) / TICKS_PER_SECOND,
    async stop() {
      if (child.exitCode !== null) return;
      process.kill(-pid, 'SIGKILL');
      await once(child, 'exit');
    },
  };
}

function familyOf(pid: number): number[] {
  let children = '';
  try {
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  } catch {
    // It has just ended: then it has none.
  }
  return [pid, ...children.trim().split(' ').filter(Boolean).map(Number).flatMap(familyOf)];
}

function residentKiB(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

const TICKS_PER_SECOND = 100;

/** User and system time, fields 14 and 15 of proc(5)'s stat. */
function ticks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** @throws Error if nothing listens there in time. */
export async function untilAnswers(port: number, seconds: number): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline) {
    if (await answers(port)) return;
    await after(100);
  }
  throw new Error(`nothing answers on port ${port} after ${seconds} s`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.once('error', () => done(false));
  });
}
