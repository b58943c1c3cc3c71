import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { Environment } from '../../contracts/environment.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { releasesOf } from '../../contracts/release.ts';
import { routerTarget, type ServerAddress } from '../../contracts/router-documents.ts';
import { hopKeyMap } from '../../services/router-agent/hop-key.ts';
import { routerFiles } from '../../services/router-agent/prefix.ts';
import {
  ROUTER_TEMPLATES,
  type RouterDocument,
  type RouterTemplate,
  routerDocument,
  serversDocument,
} from '../../workloads/router.ts';

export const HOP_KEY = 'Hop+key/for.tests=1';

const read = (file: string) => readFileSync(new URL(`../../templates/${file}`, import.meta.url), 'utf8');

/** The templates as they are on disk. */
export const template: RouterTemplate = {
  router: read(ROUTER_TEMPLATES.router),
  model: read(ROUTER_TEMPLATES.model),
  modelWithoutOwn: read(ROUTER_TEMPLATES.modelWithoutOwn),
  upstream: read(ROUTER_TEMPLATES.upstream),
  egress: read(ROUTER_TEMPLATES.egress),
  location: read(ROUTER_TEMPLATES.location),
  endpointLocation: read(ROUTER_TEMPLATES.endpointLocation),
  endpointWithFallback: read(ROUTER_TEMPLATES.endpointWithFallback),
};

const NODES = { machine: '1x-l4', tensorParallel: 1, servers: 1, version: '0.32.0' };

/** A release in short: its weight, its role, or where it is instead of on own nodes. */
export interface ReleaseSketch {
  readonly weight: number;
  readonly role?: 'stable' | 'canary';
  readonly url?: string;
  readonly endpoint?: true;
  readonly maxConnections?: number;
  /** @default - one L4 */
  readonly machine?: string;
  readonly fallback?: { readonly release: string; readonly leavesSite?: true };
}

/** An environment of platform process with these models; every own release has a port of its own. */
export function environmentOf(
  models: Readonly<Record<string, Readonly<Record<string, ReleaseSketch>>>>,
  salt = 'rollout-1',
): Environment {
  let port = 18_000;
  const document = {
    class: 'development',
    platform: 'process',
    models: Object.fromEntries(
      Object.entries(models).map(([model, releases]) => [
        model,
        {
          salt,
          definition: { contextTokens: 4096, price: { input: 0.1, output: 0.5 }, weights: `test/${model}` },
          releases: Object.fromEntries(
            Object.entries(releases).map(
              ([name, { role, url, endpoint, machine = NODES.machine, ...shared }]) => {
                if (url !== undefined) return [name, { ...shared, url }];
                if (endpoint === true) return [name, { ...shared, endpoint: { host: 'groq', model } }];
                port += 1;
                return [name, { ...shared, role, nodes: { ...NODES, machine, port } }];
              },
            ),
          ),
        },
      ]),
    ),
    endpoints: { groq: { url: 'https://api.groq.com/openai/v1' } },
    secrets: { keys: { file: 'keys.json' }, hop: { file: 'hop-key' } },
    gateway: { keys: 'keys' },
    router: { key: 'hop' },
  };
  return parseEnvironment({ path: 'environments/test.yaml', text: JSON.stringify(document) });
}

/** A folder of the test's own, which nginx's workers may enter when the master runs as root. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-router-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Below the ports that the system gives to outgoing connections, so that none of those takes it meanwhile. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 20_000);
    const server = createTcpServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

/** Asks every 10 ms until the answer is true. */
export async function until(
  what: string,
  isTrue: () => boolean | Promise<boolean>,
  milliseconds = 10_000,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`${what}: not so within ${milliseconds} ms`);
    await pause(10);
  }
}

/** Servers by `<model>_<release>`. */
export type Servers = Readonly<Record<string, readonly ServerAddress[]>>;

/** Writes what nginx needs below a prefix: the document, its servers, the hop key. */
export function writePrefix(
  prefix: string,
  text: string,
  servers: Servers = {},
  environment?: Environment,
): void {
  const releases = environment === undefined ? [] : serversDocument(environment).releases;
  const bounds = new Map(
    releases.map(({ model, release, maxConnections }) => [routerTarget(model, release), maxConnections]),
  );
  const targets = Array.from(text.matchAll(/include servers\/(.*_.*)\.conf;/g), ([, target]) => target ?? '');
  const lists = new Map(
    Object.entries(servers).map(([target, list]) => [
      target,
      {
        servers: list.map(({ address, port }) => ({ address: `${address}:${port}`, down: false })),
        maxConnections: bounds.get(target),
      },
    ]),
  );
  for (const folder of ['run', 'logs']) mkdirSync(join(prefix, folder), { recursive: true });
  for (const [path, content] of routerFiles({ text, targets }, lists, 'tag', hopKeyMap(HOP_KEY))) {
    mkdirSync(dirname(join(prefix, path)), { recursive: true });
    writeFileSync(join(prefix, path), content);
  }
}

/** Starts nginx in a prefix and stops it after the test. Resolves when its admin server answers. */
export async function startNginx(prefix: string, adminPort: number): Promise<ChildProcess> {
  const nginx = spawn(
    'nginx',
    ['-p', `${prefix}/`, '-c', 'nginx.conf', '-e', 'stderr', '-g', 'daemon off;'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let words = '';
  nginx.stderr?.on('data', (chunk: Buffer) => {
    words += chunk.toString();
  });
  onTestFinished(() => stopNginx(nginx));
  await until('nginx answers', async () => {
    if (nginx.exitCode !== null) throw new Error(`nginx ended: ${words}`);
    return (await get(adminPort, '/version').catch(() => undefined))?.status === 200;
  });
  return nginx;
}

export async function stopNginx(nginx: ChildProcess): Promise<void> {
  if (nginx.exitCode !== null || nginx.signalCode !== null) return;
  nginx.kill('SIGTERM');
  await once(nginx, 'exit');
}

/** A running router of the test's own. */
export interface TestRouter {
  readonly port: number;
  readonly adminPort: number;
  readonly prefix: string;
  /** Lines of the access log so far. */
  log(): Record<string, unknown>[];
}

/** The document of an environment for a router with these ports. */
export function renderedRouter(
  environment: Environment,
  { port, adminPort }: Pick<TestRouter, 'port' | 'adminPort'>,
  egress?: string,
): RouterDocument {
  const needsEgress = releasesOf(environment).some(({ kind }) => kind === 'endpoint');
  return routerDocument(
    environment,
    {
      listen: `127.0.0.1:${port}`,
      adminListen: `127.0.0.1:${adminPort}`,
      egress: egress ?? (needsEgress ? '127.0.0.1:9' : undefined),
      workers: 2,
    },
    template,
  );
}

export async function startRouter(
  environment: Environment,
  servers: Servers,
  egress?: string,
  change: (text: string) => string = (text) => text,
): Promise<TestRouter> {
  const [port, adminPort, prefix] = [await freePort(), await freePort(), temporaryFolder()];
  const { text } = renderedRouter(environment, { port, adminPort }, egress);
  writePrefix(prefix, change(text), servers, environment);
  await startNginx(prefix, adminPort);
  const log = () =>
    readFileSync(join(prefix, 'logs/access.log'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Record<string, unknown> => JSON.parse(line));
  return { port, adminPort, prefix, log };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** A request as the gateway sends it, over a connection of its own. */
export async function ask(port: number, question: Question = {}): Promise<Answer> {
  const { method = 'POST', path = '/v1/chat/completions', headers = {}, body = '{}' } = question;
  const sent = request({ port, host: '127.0.0.1', method, path, headers, agent: false });
  sent.end(method === 'GET' ? undefined : body);
  const [response] = await once(sent, 'response');
  return { status: response.statusCode, headers: response.headers, body: await textOf(response) };
}

export function get(port: number, path: string): Promise<Answer> {
  return ask(port, { method: 'GET', path });
}

/** What the gateway adds to a request for a model. */
export function fleetHeaders(
  model: string,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-fleet-hop-key': HOP_KEY,
    'x-fleet-model': model,
    'x-fleet-routing-key': 'conversation-1',
    ...extra,
  };
}

export interface FakeServer extends ServerAddress {
  readonly server: Server;
  /** Headers of every request so far. */
  readonly requests: IncomingHttpHeaders[];
  stop(): Promise<void>;
}

/** A small HTTP server in place of vLLM; without a handler it answers 200 with its port. */
export async function startFakeServer(
  handler?: (...exchange: Parameters<NonNullable<Parameters<typeof createServer>[1]>>) => void,
): Promise<FakeServer> {
  const requests: IncomingHttpHeaders[] = [];
  const server = createServer((incoming, outgoing) => {
    requests.push(incoming.headers);
    if (handler !== undefined) return handler(incoming, outgoing);
    incoming.resume().on('end', () => outgoing.end(String(port)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  onTestFinished(stop);
  return { address: '127.0.0.1', port, server, requests, stop };
}
