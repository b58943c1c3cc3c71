import { Counter, type Registry } from 'prom-client';
import type { LedgerLine } from '../../contracts/ledger.ts';
import type { Log, Runtime } from '../common/runtime.ts';
import { createLedgerFile, type LedgerFile } from './ledger-file.ts';

/** Where the ledger is kept. */
export interface LedgerSettings {
  /** Relative to the working folder. */
  readonly file: string;
  readonly rotateMegabytes: number;
}

/** The source of bills: one line for each request that was admitted to a model. */
export interface Ledger {
  /**
   * Takes a line. It never fails and nobody waits for it.
   * @returns the line, where the log is the ledger and has to carry it
   */
  record(line: LedgerLine): LedgerLine | undefined;
  /** Where lines to come go; without settings the log is the ledger. What was taken before goes where it should. */
  use(settings: LedgerSettings | undefined): void;
  /** Writes what is left. */
  close(): Promise<void>;
}

interface LedgerProps {
  readonly registry: Registry;
  readonly runtime: Pick<Runtime, 'after' | 'date'>;
  readonly log: Log;
}

/** Longest time that a line stays in memory while the disk keeps up. */
const FLUSH_MS = 500;
/** Lines in memory while the disk does not keep up; further ones are lost. */
const MOST_HELD = 100_000;
const BYTES_PER_MEGABYTE = 1e6;

export function createLedger({ registry, runtime, log }: LedgerProps): Ledger {
  const lost = new Counter({
    name: 'fleet_ledger_lost_lines_total',
    help: 'Lines of the ledger that could not be written',
    registers: [registry],
  });
  let settings: LedgerSettings | undefined;
  let file: LedgerFile | undefined;
  let held: string[] = [];
  let cancelFlush: (() => void) | undefined;
  let writing = Promise.resolve();
  let writingLines = 0;
  let failing = false;

  function report(event: string, path: string, error?: unknown): void {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    log({ ts: runtime.date().toISOString(), event, file: path, error: reason });
  }

  async function append(target: LedgerFile, path: string, lines: readonly string[]): Promise<void> {
    try {
      await target.append(lines.join(''));
      if (failing) report('ledger_written_again', path);
      failing = false;
    } catch (error) {
      lost.inc(lines.length);
      if (!failing) report('ledger_not_written', path, error);
      failing = true;
    } finally {
      writingLines -= lines.length;
    }
  }

  function flush(): Promise<void> {
    cancelFlush?.();
    cancelFlush = undefined;
    if (file !== undefined && settings !== undefined && held.length > 0) {
      const [target, path, lines] = [file, settings.file, held];
      held = [];
      writingLines += lines.length;
      writing = writing.then(() => append(target, path, lines));
    }
    return writing;
  }

  return {
    record(line) {
      if (file === undefined) return line;
      if (held.length + writingLines >= MOST_HELD) lost.inc();
      else held.push(`${JSON.stringify(line)}\n`);
      cancelFlush ??= runtime.after(FLUSH_MS, () => void flush());
      return undefined;
    },
    use(next) {
      if (next?.file === settings?.file && next?.rotateMegabytes === settings?.rotateMegabytes) return;
      void flush();
      settings = next;
      file = next && createLedgerFile(next.file, next.rotateMegabytes * BYTES_PER_MEGABYTE);
    },
    close: flush,
  };
}
