import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Address } from './http/server.ts';
import { createLogWriter } from './log-writer.ts';
import { startGateway } from './service.ts';

const USAGE = `usage: gateway (--config gateway.json | --config-variable NAME) --listen HOST:PORT --admin HOST:PORT
               [--reload-every SECONDS] [--last-scrape SECONDS]
SIGHUP reads the configuration, keys and secrets again; SIGTERM finishes what runs and ends.
With --last-scrape it waits, at most so long after SIGTERM, for its metrics to be read once more.
Where no signal can be sent, --reload-every reads them again and again.`;

const { log, flush } = createLogWriter((lines) => process.stdout.write(lines));
/** Node writes to files and pipes before it goes on, also here. */
process.on('exit', flush);

function fail(message: string, code: number): never {
  process.stderr.write(`gateway: ${message}\n`);
  process.exit(code);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `127.0.0.1:8080`, `[::1]:8080` */
function addressOf(flag: string, text: string | undefined): Address {
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(text ?? '') ?? [];
  if (host === undefined || port === undefined || Number(port) > 65_535)
    fail(`--${flag}: must be HOST:PORT, got ${text ?? 'nothing'}\n${USAGE}`, 2);
  return { host, port: Number(port) };
}

interface Flags {
  readonly config?: string;
  readonly 'config-variable'?: string;
  readonly listen?: string;
  readonly admin?: string;
  readonly 'reload-every'?: string;
  readonly 'last-scrape'?: string;
}

function flags(): Flags {
  const options = {
    config: { type: 'string' },
    'config-variable': { type: 'string' },
    listen: { type: 'string' },
    admin: { type: 'string' },
    'reload-every': { type: 'string' },
    'last-scrape': { type: 'string' },
  } as const;
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail(`${messageOf(error)}\n${USAGE}`, 2);
  }
}

/** Another bundle in this one's folder, under whatever extension bundles have there. */
function beside(program: string): URL {
  const extension = import.meta.url.slice(import.meta.url.lastIndexOf('.'));
  return new URL(`${program}${extension}`, import.meta.url);
}

/** The configuration's text stands in the variable instead of in a file, as it is or in Base64. */
async function readVariable(name: string): Promise<string> {
  const text = process.env[name];
  if (text === undefined) throw new Error(`the environment variable ${name} is not set`);
  return text.trimStart().startsWith('{') ? text : Buffer.from(text, 'base64').toString('utf8');
}

function secondsOf(flag: string, text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 1)) fail(`--${flag}: must be at least 1 second, got ${text}\n${USAGE}`, 2);
  return seconds;
}

const {
  config,
  'config-variable': variable,
  listen,
  admin,
  'reload-every': every,
  'last-scrape': lastScrape,
} = flags();
const source = config ?? variable;
if (source === undefined || (config !== undefined && variable !== undefined))
  fail(`--config, --config-variable: give one of them\n${USAGE}`, 2);

try {
  const gateway = await startGateway({
    configPath: source,
    listen: addressOf('listen', listen),
    admin: addressOf('admin', admin),
    env: process.env,
    readFile: (path) => (path === variable ? readVariable(path) : readFile(path, 'utf8')),
    log,
    tokenProgram: beside('gateway-tokens'),
    lastScrapeSeconds: lastScrape === undefined ? undefined : secondsOf('last-scrape', lastScrape),
  });
  log({
    ts: new Date().toISOString(),
    event: 'listening',
    address: gateway.address,
    admin: gateway.adminAddress,
  });
  process.on('SIGHUP', () => void gateway.reload());
  if (every !== undefined)
    setInterval(() => void gateway.reload(), secondsOf('reload-every', every) * 1000).unref();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void gateway.stop().then(() => process.exit(0)));
} catch (error) {
  fail(messageOf(error), 1);
}
