import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import OpenAI from 'openai';
import { onTestFinished } from 'vitest';
import type { EdgeConfig, EgressConfig, GatewayConfig } from '../../../../contracts/gateway-config.ts';
import type { ApiKey } from '../../../../contracts/secret.ts';
import { type Runtime, systemRuntime } from '../../../../services/common/runtime.ts';
import { type Gateway, startGateway } from '../../../../services/gateway/service.ts';
import { HOP_KEY } from '../../../workloads/router-support.ts';

/** Built before the tests begin. */
const TOKEN_PROGRAM = pathToFileURL(
  resolve(import.meta.dirname, '../../../../dist/services/gateway-tokens.js'),
);

export { HOP_KEY };

/** A gateway that runs in this process, with files of its own. Stopped when the test ends. */
export interface Started extends Gateway {
  readonly url: string;
  readonly folder: string;
  /** A key that may pin, and one that may not. */
  readonly key: string;
  readonly plainKey: string;
  /** Lines of the log. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** A client that sends everything once. */
  readonly client: OpenAI;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  admin(path: string): Promise<Response>;
  metrics(): Promise<Metrics>;
  writeConfig(config: unknown): Promise<void>;
  writeKeys(keys: readonly (Partial<ApiKey> & { id: string; key: string })[]): Promise<void>;
}

export interface Metrics {
  readonly text: string;
  /** @param series As on the page: `oss_requests_total{model="a",code="200"}`, labels in any order. */
  value(series: string): number | undefined;
}

export function edgeConfig(routerUrl: string, more: Partial<EdgeConfig> = {}): EdgeConfig {
  const price = { input: 0.15, cachedInput: 0.05, output: 0.6 };
  return {
    role: 'edge',
    environment: 'test',
    router: { url: routerUrl, key: { env: 'ROUTER_KEY' } },
    keys: { file: 'keys.json' },
    models: {
      'gpt-oss-120b': {
        contextTokens: 131_072,
        releases: {
          v1: { kind: 'nodes', price },
          v2: { kind: 'nodes', price },
        },
      },
      'gpt-oss-20b': {
        contextTokens: 131_072,
        releases: { groq: { kind: 'endpoint', price: { input: 0.05, output: 0.2 } } },
      },
      'my-model': { alias: 'gpt-oss-120b' },
    },
    unmapped: ['gpt-oss-7b'],
    drainSeconds: 0.05,
    ...more,
  };
}

export function egressConfig(url: string, more: Partial<EgressConfig> = {}): EgressConfig {
  return {
    role: 'egress',
    environment: 'test',
    key: { env: 'ROUTER_KEY' },
    endpoints: { groq: { url: `${url}/openai/v1`, bearer: { env: 'GROQ_KEY' } } },
    routes: [
      {
        model: 'gpt-oss-20b',
        release: 'groq',
        endpoint: 'groq',
        endpointModel: 'openai/gpt-oss-20b',
        maxOutputTokens: 100,
      },
    ],
    drainSeconds: 0.05,
    ...more,
  };
}

export async function start(
  config: GatewayConfig,
  runtime: Partial<Runtime> = {},
  tokenProgram = TOKEN_PROGRAM,
  env: Readonly<Record<string, string>> = {},
): Promise<Started> {
  const folder = await mkdtemp(join(tmpdir(), 'gateway-'));
  const key = randomUUID();
  const plainKey = randomUUID();
  const log: Record<string, unknown>[] = [];
  const inFolder = (path: string) => join(folder, path);
  const writeConfig = (document: unknown) => writeFile(inFolder('gateway.json'), JSON.stringify(document));
  const writeKeys: Started['writeKeys'] = (keys) =>
    writeFile(
      inFolder('keys.json'),
      JSON.stringify(keys.map(({ key: text, ...rest }) => ({ ...rest, sha256: hash(text) }))),
    );
  await writeConfig(config);
  await writeKeys([
    { id: 'team-a', key, pin: true },
    { id: 'team-b', key: plainKey },
  ]);
  const address = { host: '127.0.0.1', port: 0 };
  const gateway = await startGateway({
    configPath: 'gateway.json',
    listen: address,
    admin: address,
    env: { ROUTER_KEY: HOP_KEY, GROQ_KEY: 'groq-secret', ...env },
    readFile: (path) => readFile(inFolder(path), 'utf8'),
    log: (line) => log.push({ ...line }),
    tokenProgram,
    runtime: { ...systemRuntime, ...runtime },
  });
  onTestFinished(async () => {
    await gateway.stop();
    await rm(folder, { recursive: true });
  });
  const url = `http://${gateway.address}`;
  const admin = (path: string) => fetch(`http://${gateway.adminAddress}${path}`);
  return {
    ...gateway,
    url,
    folder,
    key,
    plainKey,
    log,
    writeConfig,
    writeKeys,
    admin,
    client: new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0 }),
    post: (path, body, headers = {}) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    metrics: async () => parseMetrics(await (await admin('/metrics')).text()),
  };
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function parseMetrics(text: string): Metrics {
  const series = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line) ?? [];
    if (name !== undefined) series.set(normal(name), Number(value));
  }
  return { text, value: (wanted) => series.get(normal(wanted)) };
}

function normal(series: string): string {
  const [, name = series, labels = ''] = /^([a-z_]+)\{(.*)\}$/.exec(series) ?? [];
  return `${name}{${labels.split(',').sort().join(',')}}`;
}
