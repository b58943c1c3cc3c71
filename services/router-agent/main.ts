import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LEAVING_FILE, type RouterAgentSettings } from '../../contracts/router-agent-settings.ts';
import type { SecretSource } from '../../contracts/secret.ts';
import { createAgent } from './agent.ts';
import { createFleetServers } from './fleet-servers.ts';
import { createStatusServer } from './http.ts';
import { createInputs } from './inputs.ts';
import { createLookup } from './lookup.ts';
import { createNginx } from './nginx.ts';
import { readSettings, USAGE } from './options.ts';
import { createPlaces } from './places.ts';
import { createPrefix, PID_FILE } from './prefix.ts';
import { probe } from './probe.ts';
import { remainsIn } from './remains.ts';
import { watchFile } from './source.ts';

/** Clouds bound how often they are asked, and machines take minutes to start. */
const POLLS_PER_DISCOVERY = 5;

async function readSecret(source: SecretSource): Promise<string> {
  if ('file' in source) return (await readFile(source.file, 'utf8')).trim();
  const value = process.env[source.env];
  if (value === undefined) throw new Error(`environment variable ${source.env} (the hop key) is not set`);
  return value;
}

async function run(settings: RouterAgentSettings): Promise<void> {
  const { pollMs, region } = settings;
  const pidFile = join(settings.prefix, PID_FILE);
  await mkdir(dirname(pidFile), { recursive: true });
  const places = createPlaces(settings.identity?.file);
  const document = await places.document(settings.document, region);
  const servers = await places.document(settings.servers, region);
  const nginx = createNginx({ program: settings.nginx, prefix: settings.prefix, admin: settings.admin });
  const prefix = createPrefix(settings.prefix, nginx.test);
  const now = () => performance.now();
  const look = () => void agent.look();
  const fleet = createFleetServers({ lookup: createLookup(), probe, changed: look });
  const agent = createAgent({
    read: createInputs({
      ...{ document, servers, fleet, now },
      places: await places.machines(settings.discovery),
      hopKey: () => readSecret(settings.hopKey),
      remains: remainsIn(settings.prefix, prefix),
      discoveryMs: pollMs * POLLS_PER_DISCOVERY,
      arrived: look,
    }),
    ...{ prefix, nginx, now, pause },
    log: (event, fields) => console.log(JSON.stringify({ time: new Date().toISOString(), event, ...fields })),
  });

  const leaving = () => existsSync(join(settings.prefix, LEAVING_FILE));
  const server = createStatusServer({ agent, nginx, leaving });
  const [, host = '', port] = /^\[?(.+?)\]?:(\d+)$/.exec(settings.listen) ?? [];
  server.listen(Number(port), host);
  await once(server, 'listening');

  const timers = [setInterval(look, pollMs), setInterval(() => void fleet.check(), pollMs)];
  const watches = [document.watch(look), servers.watch(look), watchFile(pidFile, look)];
  const stop = async () => {
    for (const timer of timers) clearInterval(timer);
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
  const settings = await readSettings(process.argv.slice(2));
  await run(settings).catch((error: unknown) => fail(error, 1));
} catch (error) {
  fail(error, 2, `\n\n${USAGE}`);
}
