import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { SecretSource } from '../../contracts/secret.ts';
import { createAgent } from './agent.ts';
import { createStatusServer } from './http.ts';
import { createInputs } from './inputs.ts';
import { createLookup } from './lookup.ts';
import { createNginx } from './nginx.ts';
import { createPrefix, PID_FILE } from './prefix.ts';
import { fileSource, watchFile } from './source.ts';

const USAGE = `router-agent --prefix FOLDER --document FILE --servers FILE (--hop-key-file FILE | --hop-key-env NAME)
  --admin URL --listen HOST:PORT [--nginx PROGRAM] [--poll MILLISECONDS]

Puts an nginx.conf and the servers of its releases in place, once nginx has taken them in a test, and reloads nginx.
SIGHUP: look now. SIGTERM: end; nginx goes on.`;

interface Options {
  readonly prefix: string;
  readonly document: string;
  readonly servers: string;
  readonly hopKey: SecretSource;
  readonly admin: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly nginx: string;
  readonly pollMs: number;
}

function readOptions(args: readonly string[]): Options {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      prefix: text,
      document: text,
      servers: text,
      'hop-key-file': text,
      'hop-key-env': text,
      admin: text,
      listen: text,
      nginx: { type: 'string', default: 'nginx' },
      poll: { type: 'string', default: '2000' },
    },
  });
  const { prefix, document, servers, admin, listen } = values;
  const [file, env] = [values['hop-key-file'], values['hop-key-env']];
  const address = /^(.+):(\d+)$/.exec(listen ?? '');
  const pollMs = Number(values.poll);
  if (prefix === undefined) throw new Error('--prefix is missing');
  if (document === undefined) throw new Error('--document is missing');
  if (servers === undefined) throw new Error('--servers is missing');
  if (admin === undefined || !URL.canParse(admin)) throw new Error(`--admin must be a URL, got ${admin}`);
  if (address === null) throw new Error(`--listen must be host:port, got ${listen}`);
  if (!(pollMs >= 100)) throw new Error(`--poll must be at least 100 milliseconds, got ${values.poll}`);
  if ((file === undefined) === (env === undefined))
    throw new Error('give either --hop-key-file or --hop-key-env');
  return {
    prefix: resolve(prefix),
    document,
    servers,
    hopKey: file === undefined ? { env: env ?? '' } : { file },
    admin: admin.replace(/\/$/, ''),
    listen: { host: (address[1] ?? '').replace(/^\[|\]$/g, ''), port: Number(address[2]) },
    nginx: values.nginx,
    pollMs,
  };
}

async function readSecret(source: SecretSource): Promise<string> {
  if ('file' in source) return (await readFile(source.file, 'utf8')).trim();
  const value = process.env[source.env];
  if (value === undefined) throw new Error(`environment variable ${source.env} (the hop key) is not set`);
  return value;
}

async function run(options: Options): Promise<void> {
  const pidFile = join(options.prefix, PID_FILE);
  await mkdir(dirname(pidFile), { recursive: true });
  const document = fileSource(options.document);
  const servers = fileSource(options.servers);
  const nginx = createNginx({ program: options.nginx, prefix: options.prefix, admin: options.admin });
  const agent = createAgent({
    read: createInputs({
      document,
      servers,
      hopKey: () => readSecret(options.hopKey),
      lookup: createLookup(),
    }),
    prefix: createPrefix(options.prefix, nginx.test),
    nginx,
    now: () => performance.now(),
    pause,
    log: (event, fields) => console.log(JSON.stringify({ time: new Date().toISOString(), event, ...fields })),
  });

  const server = createStatusServer(agent, nginx);
  server.listen(options.listen.port, options.listen.host);
  await once(server, 'listening');

  const look = () => void agent.look();
  const timer = setInterval(look, options.pollMs);
  const watches = [document.watch(look), servers.watch(look), watchFile(pidFile, look)];
  const stop = async () => {
    clearInterval(timer);
    for (const unwatch of watches) unwatch();
    await agent.stop();
    server.close();
    server.closeAllConnections();
  };
  process.on('SIGHUP', look);
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  look();
}

function fail(error: unknown, exitCode: number, hint = ''): void {
  console.error(`router-agent: ${error instanceof Error ? error.message : String(error)}${hint}`);
  process.exitCode = exitCode;
}

try {
  const options = readOptions(process.argv.slice(2));
  await run(options).catch((error: unknown) => fail(error, 1));
} catch (error) {
  fail(error, 2, `\n\n${USAGE}`);
}
