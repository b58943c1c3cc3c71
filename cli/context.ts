/** Environment variables as a command sees them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What a command may touch of the world outside. `main.ts` makes it, tests make their own. */
export interface Surroundings {
  /** The working folder. */
  readonly folder: string;
  /** The folder of this toolkit. */
  readonly toolkit: string;
  readonly env: Variables;
  /** Says what is going on, one line at a time. Never on stdout. */
  readonly progress: (line: string) => void;
  /** Asks the person at the terminal. Absent without a terminal. */
  readonly ask?: (question: string, signal?: AbortSignal) => Promise<string>;
  /** The same without showing what is typed. Absent where stdin is no terminal. */
  readonly askHidden?: (question: string) => Promise<string>;
  /** All of stdin, to its end. */
  readonly readInput: () => Promise<string>;
  /** While a listener is registered, Ctrl-C, SIGTERM and SIGHUP call it instead of ending fleet. Returns the way to unregister. */
  readonly onInterrupt: (listener: () => void) => () => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** Surroundings of a command that works in a project. */
export interface Context extends Surroundings {
  /** The folder of cdktf.json. */
  readonly project: string;
}

/** What a command yields: `data` for `--json`, `text` for people. */
export interface Outcome {
  readonly data: unknown;
  readonly text: string;
  readonly exitCode: number;
}
