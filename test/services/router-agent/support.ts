import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Environment } from '../../../contracts/environment.ts';
import type { ServersDocument } from '../../../contracts/router-documents.ts';
import type { AgentStatus } from '../../../services/router-agent/status.ts';
import { type RouterDocument, routerDocument } from '../../../workloads/router.ts';
import {
  type Answer,
  ask,
  environmentOf,
  fleetHeaders,
  freePort,
  get,
  HOP_KEY,
  startNginx,
  template,
  temporaryFolder,
  until,
} from '../../workloads/router-support.ts';

export const MODEL = 'gpt-oss-120b';

const PROGRAM = fileURLToPath(new URL('../../../dist/services/router-agent.js', import.meta.url));

/** Two releases of which the canary has this weight. */
export function withCanaryAt(weight: number): Environment {
  return environmentOf({
    [MODEL]: { v32: { weight: 100 - weight, role: 'stable' }, v33: { weight, role: 'canary' } },
  });
}

/** A router's place: its prefix, its ports, and the files that its agent is given. */
export interface Place {
  readonly prefix: string;
  readonly port: number;
  readonly adminPort: number;
  readonly agentPort: number;
  /** Folder of the wanted document and servers. */
  readonly wanted: string;
  readonly hopKeyFile: string;
  render(environment: Environment): RouterDocument;
  /** Writes the wanted document and returns its version. */
  want(environment: Environment): string;
  wantText(text: string): void;
  /** Writes servers.json: ports of 127.0.0.1, or servers, by release of the one model. */
  serve(releases: Readonly<Record<string, readonly (number | { address: string; port: number })[]>>): void;
  wantServersText(text: string): void;
  startNginx(): Promise<ChildProcess>;
  startAgent(options?: readonly string[]): Promise<TestAgent>;
  /** By a file of settings that has these places. */
  startAgentWith(settings: object, env: NodeJS.ProcessEnv): Promise<TestAgent>;
  /** servers.json as it would be written by `serve`. */
  serversText(releases: Parameters<Place['serve']>[0]): string;
  status(): Promise<AgentStatus>;
}

export interface TestAgent {
  readonly process: ChildProcess;
  /** All that it has said so far. */
  output(): string;
  stop(): Promise<number | null>;
}

export async function makePlace(): Promise<Place> {
  const folder = temporaryFolder();
  const [port, adminPort, agentPort] = [await freePort(), await freePort(), await freePort()];
  const [prefix, wanted] = [join(folder, 'nginx'), join(folder, 'wanted')];
  const hopKeyFile = join(folder, 'hop-key');
  mkdirSync(wanted);
  writeFileSync(hopKeyFile, `${HOP_KEY}\n`);

  const render = (environment: Environment) => {
    const addresses = { listen: `127.0.0.1:${port}`, adminListen: `127.0.0.1:${adminPort}` };
    return routerDocument(environment, { ...addresses, egress: undefined, workers: 2 }, template);
  };
  const replace = (file: string, text: string) => {
    writeFileSync(join(wanted, `.${file}`), text);
    renameSync(join(wanted, `.${file}`), join(wanted, file));
  };

  const admin = `http://127.0.0.1:${adminPort}`;
  const listen = `127.0.0.1:${agentPort}`;

  return {
    ...{ prefix, port, adminPort, agentPort, wanted, hopKeyFile, render },
    want(environment) {
      const { text, version } = render(environment);
      replace('nginx.conf', text);
      return version;
    },
    wantText: (text) => replace('nginx.conf', text),
    serversText,
    serve: (releases) => replace('servers.json', serversText(releases)),
    wantServersText: (text) => replace('servers.json', text),
    startNginx: () => startNginx(prefix, adminPort),
    async startAgent(options = []) {
      const files = ['--document', join(wanted, 'nginx.conf'), '--servers', join(wanted, 'servers.json')];
      const addresses = ['--admin', admin, '--listen', listen];
      const secret = ['--hop-key-file', hopKeyFile];
      return startAgent(agentPort, ['--prefix', prefix, ...files, ...addresses, ...secret, ...options]);
    },
    startAgentWith(settings, env) {
      const file = join(folder, 'router-agent.json');
      const hopKey = { file: hopKeyFile };
      writeFileSync(file, JSON.stringify({ prefix, hopKey, admin, listen, ...settings }));
      return startAgent(agentPort, ['--settings', file], env);
    },
    status: async () => JSON.parse((await get(agentPort, '/status')).body),
  };
}

function serversText(releases: Parameters<Place['serve']>[0]): string {
  const document: ServersDocument = {
    releases: Object.entries(releases).map(([release, servers]) => ({
      model: MODEL,
      release,
      servers: servers.map((server) =>
        typeof server === 'number' ? { address: '127.0.0.1', port: server } : server,
      ),
    })),
  };
  return JSON.stringify(document);
}

/** Runs the program with these options. */
export function spawnAgent(options: readonly string[], env: NodeJS.ProcessEnv = {}): TestAgent {
  const agent = spawn('node', [PROGRAM, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let output = '';
  for (const stream of [agent.stdout, agent.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
  const stop = async () => {
    if (agent.exitCode !== null || agent.signalCode !== null) return agent.exitCode;
    agent.kill('SIGTERM');
    await once(agent, 'exit');
    return agent.exitCode;
  };
  onTestFinished(async () => {
    await stop();
  });
  return { process: agent, output: () => output, stop };
}

async function startAgent(
  port: number,
  options: readonly string[],
  env?: NodeJS.ProcessEnv,
): Promise<TestAgent> {
  const agent = spawnAgent(options, env);
  await until('the agent answers', async () => {
    if (agent.process.exitCode !== null) throw new Error(`the agent ended: ${agent.output()}`);
    return (await get(port, '/status').catch(() => undefined))?.status === 200;
  });
  return agent;
}

/** Waits until the agent's status has these fields. */
export async function untilStatus(place: Place, wanted: Partial<AgentStatus>): Promise<AgentStatus> {
  let status: AgentStatus | undefined;
  await until(`status ${JSON.stringify(wanted)}`, async () => {
    status = await place.status();
    return Object.entries(wanted).every(([key, value]) => status?.[key as keyof AgentStatus] === value);
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; it is ${JSON.stringify(status)}`);
  });
  return status as AgentStatus;
}

/** Options for an agent that must notice changes without polling. */
export const SELDOM = ['--poll', '600000'];

/** A place whose agent has applied a document to a running nginx. */
export async function appliedPlace(
  servers: Parameters<Place['serve']>[0] = {},
  options: readonly string[] = [],
) {
  const place = await makePlace();
  const version = place.want(withCanaryAt(0));
  place.serve(servers);
  const agent = await place.startAgent(options);
  await untilStatus(place, { state: 'waiting for nginx' });
  const nginx = await place.startNginx();
  await untilStatus(place, { state: 'applied', version });
  return { place, version, agent, nginx };
}

/** A request for the model, as the gateway sends it. */
export function askModel({ port }: Place, extra: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return ask(port, { headers: fleetHeaders(MODEL, extra) });
}

/** The value of one of the agent's metrics, named with its labels as they are printed. */
export async function metricOf({ agentPort }: Place, name: string): Promise<number> {
  const { body } = await get(agentPort, '/metrics');
  const line = body.split('\n').find((text) => text.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

/** Times that the agent has told nginx to reload. */
export function reloadsOf(place: Place): Promise<number> {
  return metricOf(place, 'fleet_router_reloads_total');
}
