import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { reviewPullRequest } from '../../review/pipeline.ts';
import { readTestResults } from '../../review/test-results.ts';
import type { Address } from '../gateway/http/server.ts';
import { createLogWriter } from '../gateway/log-writer.ts';
import { gatewayModel } from './model.ts';
import { startReviewer } from './service.ts';

const USAGE = `usage: pr-reviewer (--config reviewer.json | --config-variable NAME) --listen HOST:PORT --admin HOST:PORT
                   [--gateway URL] [--worker URL] [--reload-every SECONDS] [--last-scrape SECONDS]
What works needs --gateway, the base URL of the fleet's gateway with /v1. What only takes webhooks needs --worker, the URL of
what works. SIGHUP reads the configuration and secrets again; SIGTERM lets reviews end for a while, puts off the rest, and
ends. With --last-scrape it waits, at most so long after SIGTERM, for its metrics to be read once more.`;

const { log, flush } = createLogWriter((lines) => process.stdout.write(lines));
/** Node writes to files and pipes before it goes on, also here. */
process.on('exit', flush);

function fail(message: string, code: number): never {
  process.stderr.write(`pr-reviewer: ${message}\n`);
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

function secondsOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (!(seconds >= 1)) fail(`--${flag}: must be at least 1 second, got ${text}\n${USAGE}`, 2);
  return seconds;
}

function flags() {
  const text = { type: 'string' } as const;
  const options = {
    ...{ config: text, 'config-variable': text, listen: text, admin: text, gateway: text, worker: text },
    ...{ 'reload-every': text, 'last-scrape': text },
  };
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    return fail(`${messageOf(error)}\n${USAGE}`, 2);
  }
}

/** The configuration's text stands in the variable instead of in a file. */
async function readVariable(name: string): Promise<string> {
  const text = process.env[name];
  if (text === undefined) throw new Error(`the environment variable ${name} is not set`);
  return text;
}

const given = flags();
const { config, 'config-variable': variable, gateway } = given;
const source = config ?? variable;
if (source === undefined || (config !== undefined && variable !== undefined))
  fail(`--config, --config-variable: give one of them\n${USAGE}`, 2);

try {
  const reviewer = await startReviewer({
    configPath: source,
    listen: addressOf('listen', given.listen),
    admin: addressOf('admin', given.admin),
    workerUrl: given.worker,
    pipeline: {
      review: reviewPullRequest,
      readTests: readTestResults,
      model({ model, prices }, key) {
        if (gateway === undefined) throw new Error('--gateway: say where the gateway is');
        return gatewayModel({ baseUrl: gateway, key, model, prices });
      },
    },
    env: process.env,
    readFile: (path) => (path === variable ? readVariable(path) : readFile(path, 'utf8')),
    log,
    lastScrapeSeconds: secondsOf('last-scrape', given['last-scrape']),
  });
  log({
    ts: new Date().toISOString(),
    event: 'listening',
    address: reviewer.address,
    admin: reviewer.adminAddress,
  });
  process.on('SIGHUP', () => void reviewer.reload());
  const every = secondsOf('reload-every', given['reload-every']);
  if (every !== undefined) setInterval(() => void reviewer.reload(), every * 1000).unref();
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void reviewer.stop().then(() => process.exit(0)));
} catch (error) {
  fail(messageOf(error), 1);
}
