import type { ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import type { Context, Variables } from './context.ts';
import { descendantsOf, NAME_LENGTH, processTable } from './descendants.ts';
import { terraformNames } from './programs.ts';

const POLL_MS = 100;
/** A second interrupt within this time means: at once. */
const INSIST_MS = 5_000;

export interface Interruption {
  readonly happened: () => boolean;
  /** Listens no more. */
  readonly end: () => void;
}

/**
 * While cdktf runs: the first interrupt sends SIGINT to every Terraform below it, those that start later too,
 * and never to cdktf, which would exit at once and take Terraform with it before the state is written. A second
 * one within 5 s tells Terraform again, which then gives up its work, and ends cdktf.
 */
export function stopTerraform(cdktf: ChildProcess, context: Context): Interruption {
  const names = programNames(context.env);
  const told = new Set<number>();
  let polling: NodeJS.Timeout | undefined;
  let last: number | undefined;

  const tellTerraform = () => {
    for (const { pid, name } of descendantsOf(cdktf.pid ?? -1, processTable())) {
      if (!names.includes(name) || told.has(pid)) continue;
      told.add(pid);
      send(pid, 'SIGINT');
    }
  };
  const unregister = context.onInterrupt(() => {
    const insists = last !== undefined && context.now() - last < INSIST_MS;
    last = context.now();
    if (insists) {
      context.progress('stopping Terraform at once; its state may lack what it was doing');
      told.clear();
      tellTerraform();
      cdktf.kill('SIGTERM');
      return;
    }
    context.progress(
      'stopping: Terraform ends what it has begun; press Ctrl-C again within 5 s to end it at once',
    );
    polling ??= setInterval(tellTerraform, POLL_MS);
    tellTerraform();
  });
  return {
    happened: () => last !== undefined,
    end: () => {
      unregister();
      clearInterval(polling);
    },
  };
}

function programNames(env: Variables): string[] {
  return [...new Set(['terraform', 'tofu', ...terraformNames(env)])].map((name) =>
    basename(name).slice(0, NAME_LENGTH),
  );
}

/** It may have ended meanwhile. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
