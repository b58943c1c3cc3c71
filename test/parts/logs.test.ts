import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { follow, logPath, tail } from '../../parts/logs.ts';
import { eventually } from './support.ts';

let folder: string;
let log: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleet-logs-'));
  log = join(folder, 'log');
});
afterEach(() => rmSync(folder, { recursive: true }));

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index + 1} ä`);

test("a part's log lies in its folder", () => {
  expect(logPath({ project: '/p' }, 'local', 'gateway')).toBe('/p/.fleet/local/gateway/log');
});

test.each([
  ['more lines than there are', 3, 10],
  ['exactly all lines', 3, 3],
  ['the last of a few', 3, 1],
  ['the last of many, over several blocks', 50_000, 20_000],
])('tail gives %s', async (_, written, wanted) => {
  writeFileSync(log, `${numbered(written).join('\n')}\n`);
  expect(await tail(log, wanted)).toEqual(numbered(written).slice(-wanted));
});

test('tail gives an unfinished last line too', async () => {
  writeFileSync(log, 'a\nb');
  expect(await tail(log, 2)).toEqual(['a', 'b']);
});

test('tail of a missing or empty log is empty', async () => {
  expect(await tail(log, 5)).toEqual([]);
  writeFileSync(log, '');
  expect(await tail(log, 5)).toEqual([]);
});

test('tail leaves out what was written before a given byte', async () => {
  writeFileSync(log, 'old\nnew\n');
  expect(await tail(log, 5, 4)).toEqual(['new']);
  expect(await tail(log, 5, 8)).toEqual([]);
});

/** Follows the log until the test's end; `lines` grows. */
function following(): { readonly lines: string[]; readonly stop: () => Promise<void> } {
  const lines: string[] = [];
  const abort = new AbortController();
  const done = follow(log, (line) => lines.push(line), abort.signal);
  return {
    lines,
    stop: () => {
      abort.abort();
      return done;
    },
  };
}

test('follow gives what is written from now on, whole lines only', async () => {
  writeFileSync(log, 'before\n');
  const { lines, stop } = following();
  appendFileSync(log, 'a\nbä');
  await eventually('first line', () => lines.length === 1);
  appendFileSync(log, 'c\n');
  await eventually('second line', () => lines.length === 2);
  expect(lines).toEqual(['a', 'bäc']);
  await stop();
});

test('follow waits for a log that does not exist yet', async () => {
  const { lines, stop } = following();
  writeFileSync(log, 'first\n');
  await eventually('first line', () => lines.length === 1);
  await stop();
});

test('follow goes on from the beginning when the log is truncated', async () => {
  writeFileSync(log, 'a long line that was there before\n');
  const { lines, stop } = following();
  writeFileSync(log, 'new\n');
  await eventually('the new line', () => lines.includes('new'));
  await stop();
});

test('follow goes on with the new file when the log is set aside', async () => {
  writeFileSync(log, 'old\n');
  const { lines, stop } = following();
  renameSync(log, `${log}.1`);
  writeFileSync(log, 'longer than the old one\n');
  await eventually('the new line', () => lines.includes('longer than the old one'));
  await stop();
});

test('follow ends when it is told to', async () => {
  const { stop } = following();
  await expect(stop()).resolves.toBeUndefined();
});
