import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { descendantsOf, processTable } from '../../cli/descendants.ts';
import { until } from './support.ts';

test('descendants are found through other sessions, strangers are not', () => {
  const table = [
    { pid: 10, parent: 1, name: 'cdktf' },
    { pid: 11, parent: 10, name: 'sh' },
    { pid: 12, parent: 11, name: 'terraform' },
    { pid: 20, parent: 1, name: 'terraform' },
  ];
  expect(descendantsOf(10, table).map(({ pid }) => pid)).toEqual([11, 12]);
});

test('the process table names a real child and its parent', async () => {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  const found = () => descendantsOf(process.pid, processTable()).find(({ pid }) => pid === child.pid);
  await until('the child runs its program', () => found()?.name === 'sleep');
  expect(found()).toEqual({ pid: child.pid, parent: process.pid, name: 'sleep' });
  child.kill();
});
