import type { Log } from './runtime.ts';

/** A log whose lines leave together once in a turn of the event loop: under load that is one write for many. */
export interface LogWriter {
  readonly log: Log;
  /** Writes what is left now. */
  flush(): void;
}

/** @param write Takes whole lines; it must have written them when it returns, or keep them until it has. */
export function createLogWriter(
  write: (lines: string) => void,
  defer: (task: () => void) => void = setImmediate,
): LogWriter {
  let lines = '';

  function flush(): void {
    if (lines === '') return;
    const all = lines;
    lines = '';
    write(all);
  }

  return {
    log(line) {
      if (lines === '') defer(flush);
      lines += `${JSON.stringify(line)}\n`;
    },
    flush,
  };
}
