import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync } from 'node:fs';
import type { Part } from '../contracts/part.ts';
import { documentsHash } from './documents.ts';
import { hasCode } from './files.ts';
import { type Host, partFolder } from './host.ts';
import { type Instance, writeInstance } from './instance.ts';
import { logPath, rotate } from './logs.ts';
import { fillPlaceholders } from './manifest.ts';
import { PartError } from './part-error.ts';
import { findProcess } from './pid.ts';
import { marker } from './strays.ts';

/** A part's process as the steps after its start see it. */
export interface Running {
  readonly instance: Instance;
  /** How it ended: `exit code 1`, `signal SIGKILL`. Undefined while it runs. */
  readonly ending: () => string | undefined;
  /** First byte of the log that it wrote. */
  readonly logStart: number;
}

/**
 * Starts a part's program in a session of its own, so that no terminal and no caller takes it along, and
 * records it at once. Should the caller be killed just before, the program's marker leads `halt` to it.
 *
 * @param env from `programEnvironment`
 * @param generated hash from `generate`
 * @throws PartError when there is no such program
 */
export async function start(
  part: Part,
  env: Readonly<Record<string, string>>,
  generated: string,
  host: Host,
): Promise<Running> {
  const [program = '', ...args] = part.command.map((word) => fillPlaceholders(word, part, host));
  const path = logPath(host, part.environment, part.name);
  rotate(path);
  const log = openSync(path, 'a');
  const logStart = fstatSync(log).size;
  host.report({ part: part.name, step: 'starting', detail: program });
  const child = spawn(program, args, {
    cwd: host.project,
    env: { ...env, ...marker(host, part.environment, part.name) },
    detached: true,
    stdio: ['ignore', log, log],
  });
  const instance = record(part, generated, child.pid, host);
  closeSync(log);
  child.unref();
  let ending: string | undefined;
  child.once('exit', (code, signal) => {
    ending = signal === null ? `exit code ${code}` : `signal ${signal}`;
  });
  try {
    await once(child, 'spawn');
  } catch (error) {
    throw notStartable(part, program, error);
  }
  if (instance === undefined) throw new PartError(part.name, 'this host has no process table (/proc, ps)');
  return { instance, ending: () => ending, logStart };
}

function record(part: Part, generated: string, pid: number | undefined, host: Host): Instance | undefined {
  const found = pid === undefined ? undefined : findProcess(pid);
  if (found === undefined) return undefined;
  const instance: Instance = {
    pid: found.pid,
    startTime: found.startTime,
    bootId: found.bootId,
    startedAt: host.now(),
    processHash: part.processHash,
    documents: documentsHash(part),
    generated,
  };
  writeInstance(partFolder(host, part.environment, part.name), instance);
  return instance;
}

function notStartable(part: Part, program: string, cause: unknown): PartError {
  const why = hasCode(cause, 'ENOENT')
    ? `there is no program ${program} on this host; \`fleet doctor\` tells how to install it`
    : hasCode(cause, 'EACCES')
      ? `${program} may not be executed; \`fleet doctor\` tells how to install it`
      : `${program} could not be started: ${cause instanceof Error ? cause.message : String(cause)}`;
  return new PartError(part.name, why, { cause });
}
