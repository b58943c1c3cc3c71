import { CommanderError } from 'commander';
import { EnvironmentError } from '../contracts/problem.ts';

/** The request itself is wrong: an unknown name, a missing flag. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The request was understood and could not be done. Exit code 1. */
export class Failure extends Error {
  override readonly name = 'Failure';
}

/** Somebody pressed Ctrl-C or sent SIGTERM. Exit code 130. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** 1 failed, 2 the request or the environment file is wrong, 130 interrupted. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError || error instanceof EnvironmentError || error instanceof CommanderError)
    return 2;
  return error instanceof Interrupted ? 130 : 1;
}

/** What `--json` prints instead of a result. */
export function errorDocument(error: unknown): unknown {
  const problems = error instanceof EnvironmentError ? { problems: error.problems } : {};
  return { error: { exitCode: exitCodeOf(error), message: messageOf(error), ...problems } };
}

export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof CommanderError)) return message;
  return error.code === 'commander.help'
    ? 'which command? See the help above'
    : message.replace(/^error: /, '');
}
