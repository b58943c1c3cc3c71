import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findProcess } from '../../parts/pid.ts';
import { reconcile } from '../../parts/reconcile.ts';
import { stop, stopAll } from '../../parts/stop.ts';
import {
  crash,
  ENVIRONMENT,
  eventually,
  type Fleet,
  freePort,
  isRunning,
  openFleet,
  serverPart,
  writeProgram,
} from './support.ts';

let fleet: Fleet;
let port: number;
beforeEach(async () => {
  fleet = openFleet();
  port = await freePort();
});
afterEach(() => fleet.close());

test('a running part is stopped; its log and secrets stay, its record goes', async () => {
  const part = serverPart(fleet, port, { generates: [{ secret: 'hop-key' }] });
  const { pid } = await reconcile(fleet.synth(part), fleet.host);
  expect(await stop(fleet.host, ENVIRONMENT, 'server')).toBe('stopped');
  expect(isRunning(pid)).toBe(false);
  expect(existsSync(fleet.path('server', 'pid.json'))).toBe(false);
  expect(readFileSync(fleet.path('server', 'log'), 'utf8')).toContain('listening');
  expect(existsSync(join(fleet.host.project, 'hop-key'))).toBe(true);
});

test('a part that does not run is absent, also one that never existed', async () => {
  expect(await stop(fleet.host, ENVIRONMENT, 'nobody')).toBe('absent');
  const { pid } = await reconcile(fleet.synth(serverPart(fleet, port)), fleet.host);
  await crash(pid);
  expect(await stop(fleet.host, ENVIRONMENT, 'server')).toBe('absent');
  expect(existsSync(fleet.path('server', 'pid.json'))).toBe(false);
});

test('a program that ignores SIGTERM is killed after stopSeconds, with its children', async () => {
  const program = writeProgram(
    fleet.host,
    'stubborn.mjs',
    `import { spawn } from 'node:child_process';
     process.on('SIGTERM', () => console.log('not now'));
     const child = spawn('sh', ['-c', "trap '' TERM; echo ready; while :; do sleep 600; done"], { stdio: ['ignore', 'pipe', 'ignore'] });
     child.stdout.once('data', () => console.log('child ' + child.pid));
     setInterval(() => {}, 1000);`,
  );
  const { pid } = await reconcile(fleet.synth({ command: ['node', program], stopSeconds: 0.3 }), fleet.host);
  const log = () => readFileSync(fleet.path('server', 'log'), 'utf8');
  await eventually('the child runs', () => log().includes('child '));
  const child = Number(/child (\d+)/.exec(log())?.[1]);
  const begun = Date.now();
  expect(await stop(fleet.host, ENVIRONMENT, 'server')).toBe('stopped');
  expect(Date.now() - begun).toBeGreaterThanOrEqual(300);
  expect(log()).toContain('not now');
  expect([isRunning(pid), isRunning(child)]).toEqual([false, false]);
});

test('the time to stop is that of the manifest that the program was started with', async () => {
  const part = serverPart(fleet, port, { env: { IGNORE_TERM: '1' }, stopSeconds: 0.3 });
  const { pid } = await reconcile(fleet.synth(part), fleet.host);
  const changed = fleet.synth({ ...part, processHash: 'p2', stopSeconds: 600 });
  expect(await reconcile(changed, fleet.host)).toMatchObject({ action: 'restarted' });
  expect(isRunning(pid)).toBe(false);
  await crash(fleet.instance('server').pid);
});

test('children that outlive their program are ended before it starts anew', async () => {
  const program = writeProgram(
    fleet.host,
    'parent.mjs',
    `import { spawn } from 'node:child_process';
     console.log('child ' + spawn('sleep', ['600'], { stdio: 'ignore' }).pid);`,
  );
  const manifest = fleet.synth({ command: ['node', program] });
  const { pid } = await reconcile(manifest, fleet.host);
  const log = () => readFileSync(fleet.path('server', 'log'), 'utf8');
  await eventually('the child runs', () => log().includes('child '));
  const child = Number(/child (\d+)/.exec(log())?.[1]);
  await crash(pid);
  expect(isRunning(child)).toBe(true);
  await reconcile(manifest, fleet.host);
  expect(isRunning(child)).toBe(false);
});

test('what a program starts in a session of its own while it ends is ended too', async () => {
  const program = writeProgram(
    fleet.host,
    'parting.mjs',
    `import { spawn } from 'node:child_process';
     process.on('SIGTERM', () => {
       console.log('child ' + spawn('sleep', ['600'], { stdio: 'ignore', detached: true }).pid);
       process.exit();
     });
     setInterval(() => {}, 1000);
     console.log('ready');`,
  );
  await reconcile(fleet.synth({ command: ['node', program] }), fleet.host);
  const log = () => readFileSync(fleet.path('server', 'log'), 'utf8');
  await eventually('the program takes signals', () => log().includes('ready'));
  await stop(fleet.host, ENVIRONMENT, 'server');
  expect(isRunning(Number(/child (\d+)/.exec(log())?.[1]))).toBe(false);
});

test('a stranger who has the recorded number by now is left alone', async () => {
  const manifest = fleet.synth(serverPart(fleet, port));
  const { pid } = await reconcile(manifest, fleet.host);
  await crash(pid);
  const stranger = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  try {
    const recorded = fleet.instance('server');
    writeFileSync(fleet.path('server', 'pid.json'), JSON.stringify({ ...recorded, pid: stranger.pid }));
    expect(await stop(fleet.host, ENVIRONMENT, 'server')).toBe('absent');
    writeFileSync(fleet.path('server', 'pid.json'), JSON.stringify({ ...recorded, pid: stranger.pid }));
    expect(await reconcile(manifest, fleet.host)).toMatchObject({ action: 'started' });
    expect(isRunning(stranger.pid ?? 0)).toBe(true);
  } finally {
    stranger.kill('SIGKILL');
  }
});

test('a record of another boot names nobody, even if number and start time fit', async () => {
  const stranger = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  try {
    const manifest = fleet.synth(serverPart(fleet, port));
    await crash((await reconcile(manifest, fleet.host)).pid);
    const { pid, startTime } = findProcess(stranger.pid ?? 0) ?? {};
    const record = { ...fleet.instance('server'), pid, startTime, bootId: 'another boot' };
    writeFileSync(fleet.path('server', 'pid.json'), JSON.stringify(record));
    expect(await stop(fleet.host, ENVIRONMENT, 'server')).toBe('absent');
    expect(isRunning(stranger.pid ?? 0)).toBe(true);
  } finally {
    stranger.kill('SIGKILL');
  }
});

test('all parts are stopped from front to back', async () => {
  for (const name of ['vllm-b', 'router-agent', 'gateway', 'egress', 'router', 'vllm-a'])
    await reconcile(fleet.synth({ name, command: ['sleep', '600'] }), fleet.host);
  const order = await stopAll(fleet.host, ENVIRONMENT);
  expect(order.slice(0, 4)).toEqual(['gateway', 'router', 'egress', 'router-agent']);
  expect(order.slice(4).toSorted()).toEqual(['vllm-a', 'vllm-b']);
  expect(await stopAll(fleet.host, ENVIRONMENT)).toEqual([]);
});

test('stopping everything finds a program whose record was lost', async () => {
  const { pid } = await reconcile(fleet.synth(serverPart(fleet, port)), fleet.host);
  rmSync(fleet.path('server', 'pid.json'));
  expect(await stopAll(fleet.host, ENVIRONMENT)).toEqual(['server']);
  expect(isRunning(pid)).toBe(false);
});

test('stopping everything finds a program whose whole folder was lost', async () => {
  const { pid } = await reconcile(fleet.synth(serverPart(fleet, port)), fleet.host);
  rmSync(join(fleet.host.project, '.fleet'), { recursive: true });
  expect(await stopAll(fleet.host, ENVIRONMENT)).toEqual(['server']);
  expect(isRunning(pid)).toBe(false);
});

test('a stray is found by its log when it has overwritten its environment variables', async () => {
  const { pid } = await reconcile(fleet.synth({ command: ['env', '-i', 'sleep', '600'] }), fleet.host);
  await eventually('env has become sleep', () => readFileSync(`/proc/${pid}/environ`).length === 0);
  rmSync(fleet.path('server', 'pid.json'));
  expect(await stop(fleet.host, ENVIRONMENT, 'server')).toBe('stopped');
  expect(isRunning(pid)).toBe(false);
});

test("another project's environment of the same name is left alone", async () => {
  const other = openFleet();
  try {
    const { pid } = await reconcile(other.synth({ command: ['sleep', '600'] }), other.host);
    rmSync(other.path('server', 'pid.json'));
    await reconcile(fleet.synth({ command: ['sleep', '600'] }), fleet.host);
    await stopAll(fleet.host, ENVIRONMENT);
    expect(isRunning(pid)).toBe(true);
  } finally {
    await other.close();
  }
});
