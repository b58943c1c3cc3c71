import { spawn } from 'node:child_process';
import type { Surroundings, Variables } from '../context.ts';
import { Interrupted } from '../errors.ts';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Variables;
  /** Run through the shell, as cdktf runs `app`. */
  readonly shell?: boolean;
}

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program to its end and keeps what it prints in memory. Ctrl-C reaches it, and ends this when it has ended.
 * @throws Interrupted
 */
export async function runProgram(
  { program, args, folder, env, shell }: Command,
  { onInterrupt }: Pick<Surroundings, 'onInterrupt'>,
): Promise<Output> {
  const child = spawn(program, [...args], {
    cwd: folder,
    env: { ...env },
    shell,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  let interrupted = false;
  const end = onInterrupt(() => {
    interrupted = true;
    child.kill('SIGINT');
  });
  try {
    const code = await new Promise<number>((done, fail) => {
      child.on('error', fail);
      child.on('close', (exitCode) => done(exitCode ?? 1));
    });
    if (interrupted) throw new Interrupted('interrupted; nothing was changed');
    return {
      code,
      stdout: Buffer.concat(stdout).toString('utf8'),
      stderr: Buffer.concat(stderr).toString('utf8'),
    };
  } finally {
    end();
  }
}
