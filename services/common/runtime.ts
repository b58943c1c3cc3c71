import { randomUUID } from 'node:crypto';

/** What a service takes from the outside world besides its sockets. */
export interface Runtime {
  /** Milliseconds that never go back; only differences mean anything. */
  now(): number;
  /** Wall clock. */
  date(): Date;
  /** A number in [0, 1). */
  random(): number;
  uuid(): string;
  /** Runs the task once after that many milliseconds; the result cancels it. */
  after(milliseconds: number, task: () => void): () => void;
}

export const systemRuntime: Runtime = {
  now: () => performance.now(),
  date: () => new Date(),
  random: Math.random,
  uuid: randomUUID,
  after(milliseconds, task) {
    const timer = setTimeout(task, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Takes one structured line. Never give it a prompt, an answer or a key. */
export type Log = (line: Readonly<Record<string, unknown>>) => void;
