import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { findProcess, isAlive, liveProcesses, procTable, psTable } from '../../parts/pid.ts';

test('this process is found, alive, and in the table', () => {
  const found = findProcess(process.pid);
  if (found === undefined) throw new Error('this process was not found');
  expect(found.pid).toBe(process.pid);
  expect(isAlive(found)).toBe(true);
  expect(liveProcesses()).toContainEqual(found);
});

test('a process is not the one with another start time or boot', () => {
  const found = findProcess(process.pid);
  if (found === undefined) throw new Error('this process was not found');
  expect(isAlive({ ...found, startTime: `${found.startTime}0` })).toBe(false);
  expect(isAlive({ ...found, bootId: 'another' })).toBe(false);
});

test('a process whose name has blanks and parentheses is read right', async () => {
  const child = spawn(process.execPath, [
    '-e',
    `process.title = 'a) Z 1 (b'; console.log(1); setInterval(() => {}, 1000)`,
  ]);
  try {
    await once(child.stdout, 'data');
    expect(findProcess(child.pid ?? 0)).toMatchObject({
      zombie: false,
      group: findProcess(process.pid)?.group,
    });
  } finally {
    child.kill('SIGKILL');
  }
});

test('a process that has ended is not found', async () => {
  const child = spawn('true');
  await once(child, 'exit');
  expect(findProcess(child.pid ?? 0)).toBeUndefined();
});

test('ps tells the same groups as /proc', () => {
  const fromPs = psTable.find(process.pid);
  expect(fromPs?.group).toBe(procTable.find(process.pid)?.group);
  expect(fromPs).toMatchObject({ pid: process.pid, zombie: false, bootId: '' });
  expect(Number.isNaN(Date.parse(fromPs?.startTime ?? ''))).toBe(false);
  expect(psTable.all().map(({ pid }) => pid)).toContain(process.pid);
});

test('ps finds nothing for a number that no process has', () => {
  expect(psTable.find(2 ** 22 + 1)).toBeUndefined();
});
