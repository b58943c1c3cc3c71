import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reconcile } from '../../parts/reconcile.ts';
import {
  crash,
  type Fleet,
  freePort,
  isRunning,
  openFleet,
  serverPart,
  statFields,
  statusOf,
} from './support.ts';

let fleet: Fleet;
let port: number;
beforeEach(async () => {
  fleet = openFleet();
  port = await freePort();
});
afterEach(() => fleet.close());

test('a part that never ran is started, serves, and is recorded', async () => {
  const outcome = await reconcile(fleet.synth(serverPart(fleet, port)), fleet.host);
  expect(outcome).toEqual({ part: 'server', action: 'started', pid: fleet.instance('server').pid });
  expect(await statusOf(port)).toMatchObject({ version: 'none' });
});

test('a second call adopts the running program and touches no file', async () => {
  const manifest = fleet.synth(serverPart(fleet, port, { version: 'v1' }));
  const { pid } = await reconcile(manifest, fleet.host);
  const before = filesOf('server');
  expect(await reconcile(manifest, fleet.host)).toEqual({ part: 'server', action: 'adopted', pid });
  expect(filesOf('server')).toEqual(before);
});

test('the installed manifest is enough to adopt and to heal', async () => {
  const { pid } = await reconcile(fleet.synth(serverPart(fleet, port, { version: 'v1' })), fleet.host);
  const installed = fleet.path('server', 'part.json');
  expect(await reconcile(installed, fleet.host)).toMatchObject({ action: 'adopted', pid });
  await crash(pid);
  expect(await reconcile(installed, fleet.host)).toMatchObject({ action: 'started' });
});

test('a program that died is started again', async () => {
  const manifest = fleet.synth(serverPart(fleet, port));
  const { pid } = await reconcile(manifest, fleet.host);
  await crash(pid);
  const again = await reconcile(manifest, fleet.host);
  expect(again.action).toBe('started');
  expect(again.pid).not.toBe(pid);
});

test('another process hash ends the old program before the new one starts', async () => {
  const part = serverPart(fleet, port);
  const { pid } = await reconcile(fleet.synth(part), fleet.host);
  const outcome = await reconcile(fleet.synth({ ...part, processHash: 'p2' }), fleet.host);
  expect(outcome.action).toBe('restarted');
  expect(outcome.pid).not.toBe(pid);
  expect(isRunning(pid)).toBe(false);
});

test.each([
  ['it is not reloadable', { fixed: ['flags.txt'], reload: 'watches' }],
  ['the program has no way of reloading', {}],
] as const)('a changed document restarts the program when %s', async (_, options) => {
  const part = serverPart(fleet, port, { documents: { 'flags.txt': 'a' }, ...options });
  const { pid } = await reconcile(fleet.synth(part), fleet.host);
  const outcome = await reconcile(fleet.synth({ ...part, documents: { 'flags.txt': 'b' } }), fleet.host);
  expect(outcome.action).toBe('restarted');
  expect(isRunning(pid)).toBe(false);
});

test('a program that is recorded as stopping is not adopted', async () => {
  const manifest = fleet.synth(serverPart(fleet, port));
  const { pid } = await reconcile(manifest, fleet.host);
  const record = { ...fleet.instance('server'), stopping: true };
  writeFileSync(fleet.path('server', 'pid.json'), JSON.stringify(record));
  expect(await reconcile(manifest, fleet.host)).toMatchObject({ action: 'restarted' });
  expect(isRunning(pid)).toBe(false);
});

test('many calls at a time start exactly one program', async () => {
  const manifest = fleet.synth(serverPart(fleet, port));
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => reconcile(manifest, fleet.host)));
  expect(new Set(outcomes.map(({ pid }) => pid)).size).toBe(1);
  expect(outcomes.map(({ action }) => action).toSorted()).toEqual([
    ...Array.from({ length: 4 }, () => 'adopted'),
    'started',
  ]);
});

test('the program has a session of its own and reads nothing from the terminal', async () => {
  const { pid } = await reconcile(fleet.synth(serverPart(fleet, port)), fleet.host);
  const [, , group, session] = statFields(pid);
  expect([group, session]).toEqual([String(pid), String(pid)]);
});

test('a missing generated secret restarts the program that still has the old one in memory', async () => {
  const part = serverPart(fleet, port, { generates: [{ secret: 'hop-key' }] });
  const manifest = fleet.synth(part);
  const { pid } = await reconcile(manifest, fleet.host);
  rmSync(`${fleet.host.project}/hop-key`);
  expect(await reconcile(manifest, fleet.host)).toMatchObject({ action: 'restarted' });
  expect(isRunning(pid)).toBe(false);
});

test('a log of more than 10 MB is set aside when the program starts', async () => {
  const manifest = fleet.synth(serverPart(fleet, port));
  const { pid } = await reconcile(manifest, fleet.host);
  await crash(pid);
  writeFileSync(fleet.path('server', 'log'), Buffer.alloc(10 * 1024 * 1024 + 1, 'x'));
  await reconcile(manifest, fleet.host);
  expect(statSync(fleet.path('server', 'log.1')).size).toBe(10 * 1024 * 1024 + 1);
  expect(statSync(fleet.path('server', 'log')).size).toBeLessThan(100);
});

test('a document of an earlier manifest is removed', async () => {
  const part = serverPart(fleet, port, {
    documents: { 'a.txt': 'a', 'rules/b.yml': 'b' },
    reload: 'watches',
  });
  await reconcile(fleet.synth(part), fleet.host);
  expect(existsSync(fleet.path('server', 'rules/b.yml'))).toBe(true);
  const outcome = await reconcile(fleet.synth({ ...part, documents: { 'a.txt': 'a' } }), fleet.host);
  expect(outcome.action).toBe('reloaded');
  expect(existsSync(fleet.path('server', 'rules/b.yml'))).toBe(false);
});

/** Name, inode and time of change of every file in a part's folder. */
function filesOf(part: string): string[] {
  return readdirSync(fleet.path(part, '.')).map((file) => {
    const { ino, mtimeMs } = statSync(fleet.path(part, file));
    return `${file} ${ino} ${mtimeMs}`;
  });
}
