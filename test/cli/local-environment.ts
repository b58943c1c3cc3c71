import { createHash } from 'node:crypto';
import type { PartInput } from '../../contracts/part.ts';
import { freePorts, openWorkplace, type Workplace } from './support.ts';

/** A workplace with environment `local` on free ports and programs that pass for what it needs. */
export interface LocalEnvironment extends Workplace {
  readonly gatewayPort: number;
  /** Does what synth does: writes these parts' manifests, and the stack that names them. */
  readonly synthesize: (...parts: readonly Partial<PartInput>[]) => void;
  /** A gateway that lists and answers these models. */
  readonly gateway: (...models: readonly string[]) => Partial<PartInput>;
  readonly pid: (part: string) => number;
}

/** What `cdktf deploy` and `destroy` do to the parts, without Terraform. */
const CDKTF = `
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
const [verb, environment] = process.argv.slice(2);
appendFileSync('calls', [verb, environment, process.env.FLEET_ENVIRONMENTS, process.env.CI].join(' ') + '\\n');
const fleet = import.meta.dirname + '/../../../dist/fleet.js';
for (const part of JSON.parse(readFileSync('parts.json'))) {
  const manifest = 'cdktf.out/stacks/' + environment + '/documents/' + part + '/part.json';
  if (existsSync('lazy') && existsSync('.fleet/local/' + part)) continue;
  const up = ['part', 'up', manifest];
  const down = ['part', 'down', '--environment', environment, '--part', part];
  const { status } = spawnSync(process.execPath, [fleet, ...(verb === 'deploy' ? up : down)], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
`;

const GATEWAY = `
import { createServer } from 'node:http';
const [port, ...models] = process.argv.slice(2);
createServer(async (request, response) => {
  if (request.url === '/ready') return response.end();
  if (request.headers.authorization !== 'Bearer local') {
    return response.writeHead(401).end('{"error":{"message":"no such key"}}');
  }
  if (request.url === '/v1/models') {
    return response.end(JSON.stringify({ data: models.map((id) => ({ id })) }));
  }
  const { model } = JSON.parse((await request.setEncoding('utf8').toArray()).join(''));
  if (model === 'gpt-oss-20b' && models.includes('broken')) {
    return response.writeHead(503).end('{"error":{"message":"no server is healthy"}}');
  }
  response.setHeader('x-fleet-release', 'v32');
  response.end(JSON.stringify({ choices: [{}], usage: { completion_tokens: 16 } }));
}).listen(Number(port), '127.0.0.1');
`;

export async function openLocalEnvironment(): Promise<LocalEnvironment> {
  const workplace = openWorkplace();
  const [gatewayPort = 0, ...others] = await freePorts(9);
  workplace.write('environments/local.yaml', environmentText(gatewayPort, others));
  const sha256 = createHash('sha256').update('local').digest('hex');
  workplace.write('keys.json', JSON.stringify([{ id: 'local', sha256, pin: true }]));
  workplace.write('gateway.mjs', GATEWAY);
  workplace.program('terraform', '#!/bin/sh\necho Terraform v1.9.0\n');
  workplace.program('nginx', '#!/bin/sh\necho nginx/1.26.0\n');
  workplace.program('prometheus', '#!/bin/sh\necho prometheus, version 2.50.0\n');
  workplace.cdktf(CDKTF);
  const synthesize = (...parts: readonly Partial<PartInput>[]) => {
    for (const part of parts) {
      const manifest: Partial<PartInput> = {
        environment: 'local',
        command: ['sleep', '600'],
        processHash: '1',
        ...part,
      };
      workplace.write(`cdktf.out/stacks/local/documents/${part.name}/part.json`, JSON.stringify(manifest));
    }
    const names = parts.map(({ name }) => name);
    workplace.write('parts.json', JSON.stringify(names));
    workplace.write(
      'cdktf.out/stacks/local/cdk.tf.json',
      JSON.stringify(names.map((name) => `documents/${name}/part.json`)),
    );
  };
  return {
    ...workplace,
    gatewayPort,
    synthesize,
    gateway: (...models) => ({
      name: 'gateway',
      command: [process.execPath, '{project}/gateway.mjs', String(gatewayPort), ...models],
      processHash: models.join(),
      listens: [{ address: '127.0.0.1', port: gatewayPort, key: 'gateway.port' }],
      ready: { url: `http://127.0.0.1:${gatewayPort}/ready`, timeoutSeconds: 10 },
      address: `http://127.0.0.1:${gatewayPort}/v1`,
    }),
    pid: (part) => JSON.parse(workplace.read(`.fleet/local/${part}/pid.json`)).pid,
  };
}

function environmentText(gatewayPort: number, others: readonly number[]): string {
  const [gatewayAdmin, router, routerAdmin, agent, egress, egressAdmin, prometheus, server] = others;
  return `class: development
platform: process
models:
  gpt-oss-20b:
    releases:
      v32:
        weight: 100
        role: stable
        nodes: { machine: 1x-l4, tensorParallel: 1, servers: 1, version: 0.32.0, port: ${server} }
  gpt-oss-7b:
    alias: gpt-oss-20b
secrets:
  api-keys: { file: keys.json }
  hop-key: { file: .fleet/local/secrets/hop-key, generate: true }
gateway: { port: ${gatewayPort}, adminPort: ${gatewayAdmin}, keys: api-keys }
router: { port: ${router}, adminPort: ${routerAdmin}, agentPort: ${agent}, key: hop-key }
egress: { port: ${egress}, adminPort: ${egressAdmin} }
prometheus: { port: ${prometheus} }
`;
}
