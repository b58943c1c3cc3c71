import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { connects } from './connects.ts';

/** A real redis-server with its data in a folder of its own. Removed when the test ends. */
export interface RedisServer {
  readonly port: number;
  readonly address: string;
  /** Starts it, again if it was killed: with its data. */
  start(): Promise<void>;
  kill(): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** What redis-cli prints for a command. */
  ask(...command: readonly string[]): Promise<string>;
}

/** @param more Arguments after those that every one gets. */
export async function redisServer(
  more: (folder: string, port: number) => readonly string[] = () => [],
): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const port = await freePort();
  let child: ChildProcess | undefined;

  async function kill(): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
  }

  async function start(): Promise<void> {
    const args = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder];
    const persistence = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];
    child = spawn('redis-server', [...args, ...persistence, ...more(folder, port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    for await (const text of child.stdout ?? []) {
      printed += String(text);
      if (printed.includes('Ready to accept connections')) break;
    }
    child.stdout?.resume();
    if (!(await connects('127.0.0.1', port))) throw new Error(`redis-server did not start: ${printed}`);
  }

  onTestFinished(async () => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await start();
  return {
    ...{ port, address: `127.0.0.1:${port}`, start, kill },
    signal: (name) => void child?.kill(name),
    async ask(...command) {
      const { stdout } = await promisify(execFile)('redis-cli', ['-p', String(port), ...command]);
      return stdout.trim();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
