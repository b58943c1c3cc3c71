import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { liveProcesses } from '../../parts/pid.ts';
import { reconcile } from '../../parts/reconcile.ts';
import { markedProcesses } from '../../parts/strays.ts';
import {
  crash,
  ENVIRONMENT,
  eventually,
  type Fleet,
  freePort,
  isRunning,
  openFleet,
  serverPart,
  statFields,
  statusOf,
} from './support.ts';

let folder: string;
let program: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fleet-interrupted-'));
  program = join(folder, 'program.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'interrupted-reconcile.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['selfsigned'],
    logLevel: 'error',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let fleet: Fleet;
let port: number;
beforeEach(async () => {
  fleet = openFleet();
  port = await freePort();
});
afterEach(() => fleet.close());

/** Reconciles in a process of its own, which dies at a step. */
async function interruptAt(step: string, manifest: string): Promise<void> {
  const child = spawn(process.execPath, [program, manifest, fleet.host.project, step], { stdio: 'inherit' });
  const [, signal] = await once(child, 'exit');
  expect(signal).toBe('SIGKILL');
}

function runningServers(): number[] {
  return markedProcesses(fleet.host, ENVIRONMENT).map(({ process }) => process.pid);
}

test.each(['writing', 'starting', 'waiting', 'applied'])(
  'a first start that is killed at `%s` is completed by the next call',
  async (step) => {
    const manifest = fleet.synth(serverPart(fleet, port, { version: 'v1' }));
    await interruptAt(step, manifest);
    const { pid } = await reconcile(manifest, fleet.host);
    expect(runningServers()).toEqual([pid]);
    expect(await statusOf(port)).toMatchObject({ version: 'v1' });
  },
);

test.each(['stopping', 'stopped', 'starting', 'waiting'])(
  'a restart that is killed at `%s` is completed by the next call',
  async (step) => {
    const part = serverPart(fleet, port);
    await reconcile(fleet.synth(part), fleet.host);
    const changed = fleet.synth({ ...part, processHash: 'p2' });
    await interruptAt(step, changed);
    const { pid } = await reconcile(changed, fleet.host);
    expect(runningServers()).toEqual([pid]);
    expect(fleet.instance('server').processHash).toBe('p2');
  },
);

test('a program whose stop was killed is not adopted: it may have been told to end', async () => {
  const part = serverPart(fleet, port);
  const { pid } = await reconcile(fleet.synth(part), fleet.host);
  await interruptAt('stopping', fleet.synth({ ...part, processHash: 'p2' }));
  expect(isRunning(pid)).toBe(true);
  expect(await reconcile(fleet.synth(part), fleet.host)).toMatchObject({ action: 'restarted' });
});

test.each(['writing', 'reloading'])(
  'a reload that is killed at `%s` is completed by the next call, without a restart',
  async (step) => {
    const { pid } = await reconcile(fleet.synth(serverPart(fleet, port, { version: 'v1' })), fleet.host);
    const changed = fleet.synth(serverPart(fleet, port, { version: 'v2' }));
    await interruptAt(step, changed);
    expect(await reconcile(changed, fleet.host)).toEqual({ part: 'server', action: 'reloaded', pid });
    expect(await statusOf(port)).toMatchObject({ version: 'v2' });
  },
);

test('a start that is killed while it waits leaves its program to be adopted', async () => {
  const manifest = fleet.synth(serverPart(fleet, port));
  await interruptAt('waiting', manifest);
  const { pid } = fleet.instance('server');
  expect(await reconcile(manifest, fleet.host)).toEqual({ part: 'server', action: 'adopted', pid });
});

test('a program that was started but not yet recorded is replaced, not doubled', async () => {
  const manifest = fleet.synth(serverPart(fleet, port));
  const { pid } = await reconcile(manifest, fleet.host);
  rmSync(fleet.path('server', 'pid.json'));
  const again = await reconcile(manifest, fleet.host);
  expect(isRunning(pid)).toBe(false);
  expect(runningServers()).toEqual([again.pid]);
});

test('calls from several processes start exactly one program', async () => {
  const manifest = fleet.synth(serverPart(fleet, port));
  const calls = Array.from({ length: 4 }, () =>
    once(
      spawn(process.execPath, [program, manifest, fleet.host.project, 'never'], { stdio: 'inherit' }),
      'exit',
    ),
  );
  expect((await Promise.all(calls)).map(([code]) => code)).toEqual([0, 0, 0, 0]);
  expect(runningServers()).toEqual([fleet.instance('server').pid]);
  expect(readFileSync(fleet.path('server', 'log'), 'utf8')).toBe('listening\n');
});

test('a recorded process that is a zombie counts as dead', async () => {
  const manifest = fleet.synth(serverPart(fleet, port));
  await crash((await reconcile(manifest, fleet.host)).pid);
  const parent = spawn('sh', ['-c', 'sleep 0.01 & exec sleep 600'], { stdio: 'ignore' });
  try {
    let zombie = 0;
    await eventually('there is a zombie', () => {
      zombie = zombieOf(parent.pid ?? 0) ?? 0;
      return zombie > 0;
    });
    const startTime = statFields(zombie)[19];
    const record = { ...fleet.instance('server'), pid: zombie, startTime };
    writeFileSync(fleet.path('server', 'pid.json'), JSON.stringify(record));
    expect(await reconcile(manifest, fleet.host)).toMatchObject({ action: 'started' });
  } finally {
    parent.kill('SIGKILL');
  }
});

/** The zombie child of a process. */
function zombieOf(parent: number): number | undefined {
  const candidates = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean);
  return candidates.map(Number).find((pid) => !liveProcesses().some((process) => process.pid === pid));
}
