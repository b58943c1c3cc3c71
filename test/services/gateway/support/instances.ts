import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RedisConfig } from '../../../../contracts/gateway-config.ts';
import type { KeyLimits } from '../../../../contracts/secret.ts';
import { CHAT } from './edge.ts';
import { eventually } from './eventually.ts';
import { edgeConfig } from './start.ts';

const PROGRAM = resolve(import.meta.dirname, '../../../../dist/services/gateway.js');

/** One of several gateways, each a program of its own, with the same configuration and keys. */
export interface Instance {
  readonly child: ChildProcess;
  readonly address: string;
  post(body: unknown): Promise<Response>;
  metrics(): Promise<string>;
  stdout(): string;
}

export async function instances(
  count: number,
  routerUrl: string,
  limits: KeyLimits,
  redis: Pick<RedisConfig, 'address' | 'whenUnavailable' | 'leaseSeconds'>,
): Promise<Instance[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gateways-'));
  const config = edgeConfig(routerUrl, { redis: { ...redis, tls: false } });
  const sha256 = createHash('sha256').update('the-key').digest('hex');
  await writeFile(join(folder, 'gateway.json'), JSON.stringify(config));
  await writeFile(join(folder, 'keys.json'), JSON.stringify([{ id: 'team-a', sha256, limits }]));
  onTestFinished(() => rm(folder, { recursive: true }));
  const started = await Promise.all(Array.from({ length: count }, () => instance(folder)));
  for (const each of started)
    await eventually(async () => {
      if (!(await each.metrics()).includes('fleet_redis_up{use="limits"} 1')) throw new Error('no Redis yet');
    });
  return started;
}

async function instance(folder: string): Promise<Instance> {
  const flags = ['--config', 'gateway.json', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
  const child = spawn(process.execPath, [PROGRAM, ...flags], { cwd: folder, env: { ROUTER_KEY: 'hop' } });
  const exit = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exit;
  });
  let stdout = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  const { address, admin } = await eventually(() => {
    const line = stdout.split('\n').find((text) => text.includes('"listening"'));
    if (line === undefined) throw new Error('not listening yet');
    return JSON.parse(line) as { address: string; admin: string };
  });
  return {
    child,
    address,
    stdout: () => stdout,
    post: (body) =>
      fetch(`http://${address}${CHAT}`, {
        method: 'POST',
        headers: { authorization: 'Bearer the-key' },
        body: JSON.stringify(body),
      }),
    metrics: async () => (await fetch(`http://${admin}/metrics`)).text(),
  };
}
