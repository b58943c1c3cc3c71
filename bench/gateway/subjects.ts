import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { GatewayConfig } from '../../contracts/gateway-config.ts';
import { type Program, startPinned } from './programs.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const KEY = 'benchmark-key';

/** One gateway under test. Started anew for each kind of answer, since each knows one upstream. */
export interface Subject {
  readonly name: string;
  /** What a client sends besides the body. */
  headers(upstreamPort: number): Readonly<Record<string, string>>;
  start(place: Place): Program;
  /** Seconds it may take to start. */
  readonly startSeconds: number;
  /** Rounds it takes part in. @default - all */
  readonly rounds?: number;
  /** What it is, for a reader. */
  readonly about: string;
}

export interface Place {
  readonly folder: string;
  readonly port: number;
  readonly upstreamPort: number;
  readonly cpu: number;
}

const bearer = () => ({ authorization: `Bearer ${KEY}` });

/** No gateway: what the upstream alone does. */
export const DIRECT = 'upstream alone';

export const PIPE: Subject = {
  name: 'bare node:http pipe',
  about: `bench/gateway/pipe.ts, Node ${process.versions.node}`,
  headers: bearer,
  startSeconds: 10,
  start: ({ folder, port, upstreamPort, cpu }) =>
    startPinned([process.execPath, join(ROOT, 'dist/bench/pipe.js'), String(port), String(upstreamPort)], {
      cpu,
      log: join(folder, 'pipe.log'),
    }),
};

/** With keys, limits, metrics, cost and the ledger on. */
export const FLEET: Subject = {
  name: 'gpt-oss-fleet gateway',
  about:
    'role edge; keys, all limits (in memory), metrics, cost and a ledger line for each request (in its log) are on',
  headers: bearer,
  startSeconds: 10,
  start({ folder, port, upstreamPort, cpu }) {
    const config = GatewayConfig.parse({
      role: 'edge',
      environment: 'benchmark',
      router: { url: `http://127.0.0.1:${upstreamPort}`, key: { env: 'ROUTER_KEY' } },
      keys: { file: join(folder, 'keys.json') },
      models: {
        'gpt-oss-120b': {
          contextTokens: 131_072,
          releases: {
            v1: { kind: 'nodes', price: { input: 0.15, cachedInput: 0.05, output: 0.6 } },
          },
        },
      },
      unmapped: [],
      drainSeconds: 1,
    });
    writeFileSync(join(folder, 'gateway.json'), JSON.stringify(config));
    writeFileSync(join(folder, 'keys.json'), JSON.stringify([keyEntry()]));
    return startPinned(
      [
        process.execPath,
        join(ROOT, 'dist/services/gateway.js'),
        ...['--config', join(folder, 'gateway.json')],
        ...['--listen', `127.0.0.1:${port}`, '--admin', '127.0.0.1:0'],
      ],
      { cpu, log: join(folder, 'gateway.log'), env: { ROUTER_KEY: 'hop' } },
    );
  },
};

/** All limits are set, and so high that none is met. */
function keyEntry() {
  const limits = {
    requestsPerMinute: 1e9,
    tokensPerMinute: 1e9,
    parallel: 1e5,
    usdPerDay: 1e6,
    usdPerMonth: 1e6,
  };
  return { id: 'bench', sha256: createHash('sha256').update(KEY).digest('hex'), limits };
}

/** @param home Folder in which `npm install @portkey-ai/gateway` was run. */
export function portkey(home: string): Subject | undefined {
  const program = join(home, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  if (!existsSync(program)) return undefined;
  return {
    name: 'Portkey gateway',
    about: `@portkey-ai/gateway ${versionOf(join(home, 'node_modules/@portkey-ai/gateway/package.json'))}, default settings, no keys or limits`,
    headers: (upstreamPort) => ({
      ...bearer(),
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `http://127.0.0.1:${upstreamPort}/v1`,
    }),
    startSeconds: 20,
    start: ({ folder, port, cpu }) =>
      startPinned([process.execPath, program, `--port=${port}`, '--headless'], {
        cpu,
        log: join(folder, 'portkey.log'),
        env: { TRUSTED_CUSTOM_HOSTS: '127.0.0.1,localhost' },
      }),
  };
}

/** @param home A virtual environment with `litellm[proxy]`. */
export function litellm(home: string): Subject | undefined {
  const program = join(home, 'bin/litellm');
  if (!existsSync(program)) return undefined;
  return {
    name: 'LiteLLM proxy, 1 worker',
    about: `litellm[proxy] ${litellmVersion(program)}, a master key, no database, no limits; slow, so it takes part in one round only`,
    rounds: 1,
    headers: bearer,
    startSeconds: 120,
    start({ folder, port, upstreamPort, cpu }) {
      const config = join(folder, 'litellm.yaml');
      writeFileSync(
        config,
        JSON.stringify({
          model_list: [
            {
              model_name: 'gpt-oss-120b',
              litellm_params: {
                model: 'openai/gpt-oss-120b',
                api_base: `http://127.0.0.1:${upstreamPort}/v1`,
                api_key: 'unused',
              },
            },
          ],
          general_settings: { master_key: KEY },
        }),
      );
      return startPinned(
        [program, '--config', config, '--port', String(port), '--host', '127.0.0.1', '--num_workers', '1'],
        { cpu, log: join(folder, 'litellm.log') },
      );
    },
  };
}

function versionOf(path: string): string {
  return String((JSON.parse(readFileSync(path, 'utf8')) as { readonly version: unknown }).version);
}

function litellmVersion(program: string): string {
  const printed = execFileSync(join(dirname(program), 'python'), ['-c', VERSION_SCRIPT], {
    encoding: 'utf8',
  });
  return printed.trim();
}

const VERSION_SCRIPT = 'from importlib.metadata import version; print(version("litellm"))';
