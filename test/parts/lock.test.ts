import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from '../../parts/lock.ts';
import { findProcess, type ProcessIdentity } from '../../parts/pid.ts';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleet-lock-'));
  lock = join(folder, 'lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const clock = { sleep: (milliseconds: number) => delay(milliseconds) };
const ignore = () => undefined;

/** The lock as a holder that was killed leaves it. */
function abandon({ pid, startTime, bootId }: ProcessIdentity): void {
  mkdirSync(lock);
  writeFileSync(join(lock, 'claim'), JSON.stringify({ pid, startTime, bootId }));
}

test('one action runs at a time', async () => {
  let running = 0;
  const most: number[] = [];
  const action = async () => {
    running += 1;
    most.push(running);
    await nextTurn();
    running -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => withLock(lock, clock, ignore, action)));
  expect(most).toEqual(Array.from({ length: 20 }, () => 1));
});

test('the lock is gone after the action, also after one that fails', async () => {
  expect(await withLock(lock, clock, ignore, async () => existsSync(lock))).toBe(true);
  await expect(withLock(lock, clock, ignore, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(readdirSync(folder)).toEqual([]);
});

test('who has to wait is told for whom, once', async () => {
  let release: () => void = ignore;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const first = withLock(lock, clock, ignore, () => released);
  let sleeps = 0;
  const patient = {
    sleep: (milliseconds: number) => {
      sleeps += 1;
      if (sleeps === 3) release();
      return delay(milliseconds);
    },
  };
  const holders: number[] = [];
  await withLock(
    lock,
    patient,
    ({ pid }) => holders.push(pid),
    async () => undefined,
  );
  expect(holders).toEqual([process.pid]);
  await first;
});

test('the lock of a process that is gone is broken', async () => {
  const child = spawn('true', { stdio: 'ignore' });
  const identity = findProcess(child.pid ?? 0);
  await once(child, 'exit');
  if (identity === undefined) throw new Error('the child was never seen');
  abandon(identity);
  expect(await withLock(lock, clock, ignore, async () => 'mine')).toBe('mine');
});

test('the lock of a process whose number another one has now is broken', async () => {
  const own = findProcess(process.pid);
  if (own === undefined) throw new Error('this process was not found');
  abandon({ ...own, startTime: '1' });
  expect(await withLock(lock, clock, ignore, async () => 'mine')).toBe('mine');
});

test.each([
  ['an empty folder', () => mkdirSync(lock)],
  ['an empty claim', () => abandonText('')],
  ['a claim of another shape', () => abandonText('{"pid": "x"}')],
])('a lock that is %s is taken', async (_, leave) => {
  leave();
  expect(await withLock(lock, clock, ignore, async () => 'mine')).toBe('mine');
});

test('one action runs at a time when all find the same abandoned lock', async () => {
  abandonText('{}');
  let running = 0;
  const action = async () => {
    running += 1;
    const seen = running;
    await nextTurn();
    running -= 1;
    return seen;
  };
  const seen = await Promise.all(Array.from({ length: 20 }, () => withLock(lock, clock, ignore, action)));
  expect(new Set(seen)).toEqual(new Set([1]));
});

function abandonText(text: string): void {
  mkdirSync(lock);
  writeFileSync(join(lock, 'claim'), text);
}
