import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Address } from './http/server.ts';
import { createLogWriter } from './log-writer.ts';
import type { Log } from './runtime.ts';
import type { Sources } from './sources.ts';

/** What every program of this kind is started with. */
export interface ProgramOptions extends Sources {
  /** Path of the configuration; read again at every reload. */
  readonly configPath: string;
  readonly listen: Address;
  readonly admin: Address;
  readonly log: Log;
  readonly lastScrapeSeconds: number | undefined;
}

export interface RunningProgram {
  readonly address: string;
  readonly adminAddress: string;
  reload(): Promise<void>;
  stop(): Promise<void>;
}

export interface ProgramProps<Flag extends string> {
  readonly name: string;
  readonly usage: string;
  /** Flags of its own, each with a value. */
  readonly flags: readonly Flag[];
}

const SHARED_FLAGS = [
  ...(['config', 'config-variable', 'listen', 'admin', 'reload-every', 'last-scrape'] as const),
];

/**
 * Runs a service from its command line to its end: SIGHUP, or time, reads the configuration again; SIGTERM stops it. What is
 * wrong with the command line ends the process with exit code 2, a bad configuration with 1.
 */
export async function runProgram<Flag extends string>(
  { name, usage, flags: own }: ProgramProps<Flag>,
  start: (options: ProgramOptions, flags: Readonly<Partial<Record<Flag, string>>>) => Promise<RunningProgram>,
): Promise<void> {
  const { log, flush } = createLogWriter((lines) => process.stdout.write(lines));
  /** Node writes to files and pipes before it goes on, also here. */
  process.on('exit', flush);

  function fail(message: string, code: number): never {
    process.stderr.write(`${name}: ${message}\n`);
    process.exit(code);
  }
  const misused = (message: string) => fail(`${message}\n${usage}`, 2);

  function flagsOf(): Partial<Record<Flag | (typeof SHARED_FLAGS)[number], string>> {
    const options = Object.fromEntries(
      [...SHARED_FLAGS, ...own].map((flag) => [flag, { type: 'string' } as const]),
    );
    try {
      return parseArgs({ options }).values as ReturnType<typeof flagsOf>;
    } catch (error) {
      return misused(messageOf(error));
    }
  }

  /** `127.0.0.1:8080`, `[::1]:8080` */
  function addressOf(flag: 'listen' | 'admin'): Address {
    const text = flags[flag];
    const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text ?? '') ?? [];
    if (host === undefined || port === undefined || Number(port) > 65_535)
      return misused(`--${flag}: must be HOST:PORT, got ${text ?? 'nothing'}`);
    return { host, port: Number(port) };
  }

  function secondsOf(flag: 'reload-every' | 'last-scrape'): number | undefined {
    const text = flags[flag];
    if (text !== undefined && !(Number(text) >= 1))
      misused(`--${flag}: must be at least 1 second, got ${text}`);
    return text === undefined ? undefined : Number(text);
  }

  const flags = flagsOf();
  const { config, 'config-variable': variable } = flags;
  const configPath = config ?? variable;
  if (configPath === undefined || (config !== undefined && variable !== undefined))
    return misused('--config, --config-variable: give one of them');
  const every = secondsOf('reload-every');

  try {
    const running = await start(
      {
        configPath,
        listen: addressOf('listen'),
        admin: addressOf('admin'),
        env: process.env,
        readFile: (path) => (path === variable ? readVariable(path) : readFile(path, 'utf8')),
        log,
        lastScrapeSeconds: secondsOf('last-scrape'),
      },
      flags,
    );
    const { address, adminAddress: admin } = running;
    log({ ts: new Date().toISOString(), event: 'listening', address, admin });
    process.on('SIGHUP', () => void running.reload());
    if (every !== undefined) setInterval(() => void running.reload(), every * 1000).unref();
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => void running.stop().then(() => process.exit(0)));
  } catch (error) {
    fail(messageOf(error), 1);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The configuration's text stands in the variable instead of in a file, as it is or in Base64. */
async function readVariable(name: string): Promise<string> {
  const text = process.env[name];
  if (text === undefined) throw new Error(`the environment variable ${name} is not set`);
  return text.trimStart().startsWith('{') ? text : Buffer.from(text, 'base64').toString('utf8');
}
