import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { hopKeyMap } from '../../services/router-agent/hop-key.ts';
import { routerFiles } from '../../services/router-agent/prefix.ts';
import { readTemplates } from '../../templates/read.ts';
import { routerDocument } from '../../workloads/router.ts';
import { type Program, startPinned, untilAnswers } from '../gateway/programs.ts';

const HOP_KEY = 'hop-key-of-the-benchmark';
export const MODEL = 'gpt-oss-120b';

/** What the gateway sends besides the body. */
export const HEADERS = {
  'content-type': 'application/json',
  'x-fleet-hop-key': HOP_KEY,
  'x-fleet-model': MODEL,
} as const;

export interface Place {
  readonly folder: string;
  readonly port: number;
  readonly cpu: number;
}

const WHOLE = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  choices: [
    { index: 0, message: { role: 'assistant', content: 'The answer is 42.' }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 1000, completion_tokens: 50, total_tokens: 1050 },
});

/** A server that answers at once. */
export function startAnswering(place: Place): Promise<Program> {
  return startNginx(place, serving(place, `location / { return 200 '${WHOLE}'; }`));
}

/** @param keepAlive Seconds that a client's connection is kept. */
export function startProxy(place: Place, servers: readonly number[], keepAlive: number): Promise<Program> {
  const lines = servers.map((port) => `server 127.0.0.1:${port};`).join(' ');
  const location = `location / {
      proxy_http_version 1.1; proxy_set_header connection ""; proxy_buffering off; proxy_pass http://servers;
    }`;
  const settings = `keepalive_timeout ${keepAlive}s; upstream servers { zone servers 1m; ${lines} keepalive 64; }`;
  return startNginx(place, serving(place, location, settings));
}

/** The router as it is rendered, with three releases of which the servers take the first one's requests. */
export function startRouter(place: Place, servers: readonly number[]): Promise<Program> {
  const nodes = { machine: '8x-h100', version: '0.32.0' };
  const releases = {
    v32: { weight: 100, role: 'stable', nodes: { ...nodes, port: 18_001 } },
    v33: { weight: 0, role: 'canary', nodes: { ...nodes, port: 18_002 } },
    lab: { weight: 0, url: 'http://127.0.0.1:9' },
  };
  const environment = parseEnvironment({
    path: 'environments/benchmark.yaml',
    text: JSON.stringify({
      class: 'development',
      platform: 'process',
      models: { [MODEL]: { releases } },
      secrets: { keys: { file: 'keys.json' }, hop: { file: 'hop-key' } },
      gateway: { keys: 'keys' },
      router: { key: 'hop' },
    }),
  });
  const props = {
    listen: `127.0.0.1:${place.port}`,
    adminListen: `127.0.0.1:${place.port + 1}`,
    egress: undefined,
    workers: 1,
  };
  const templates = readTemplates(join(import.meta.dirname, '../../templates'));
  const { text } = routerDocument(environment, props, templates.nginx);
  const targets = Object.keys(releases).map((name) => `${MODEL}_${name}`);
  const listed = servers.map((port) => ({ address: `127.0.0.1:${port}`, down: false }));
  const files = routerFiles(
    { text, targets },
    new Map([[`${MODEL}_v32`, { servers: listed, maxConnections: 1024 }]]),
    'benchmark',
    hopKeyMap(HOP_KEY),
  );
  return startNginx(place, text, files);
}

function serving({ port }: Place, location: string, settings = ''): string {
  return `worker_processes 1; pid run/nginx.pid; error_log stderr warn; worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
  access_log off; default_type application/json; keepalive_requests 1000000; client_body_buffer_size 1m;
  client_body_temp_path run/body; proxy_temp_path run/proxy; fastcgi_temp_path run/f; uwsgi_temp_path run/u;
  scgi_temp_path run/s;
  ${settings}
  server { listen 127.0.0.1:${port} backlog=4096; ${location} }
}
`;
}

async function startNginx(
  { folder, port, cpu }: Place,
  text: string,
  files: ReadonlyMap<string, string> = new Map(),
): Promise<Program> {
  const prefix = join(folder, String(port));
  for (const name of ['run', 'logs']) mkdirSync(join(prefix, name), { recursive: true, mode: 0o755 });
  for (const [path, content] of [...files, ['nginx.conf', text] as const]) {
    mkdirSync(dirname(join(prefix, path)), { recursive: true });
    writeFileSync(join(prefix, path), content);
  }
  const command = ['nginx', '-p', `${prefix}/`, '-c', 'nginx.conf', '-e', 'stderr', '-g', 'daemon off;'];
  const program = startPinned(command, { cpu, log: join(prefix, 'logs/nginx.log') });
  await untilAnswers(port, 10);
  return program;
}
