import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reconcile } from '../../parts/reconcile.ts';
import { listParts } from '../../parts/status.ts';
import { stop } from '../../parts/stop.ts';
import {
  crash,
  ENVIRONMENT,
  type Fleet,
  freePort,
  openFleet,
  type PartOptions,
  serverPart,
} from './support.ts';

let fleet: Fleet;
let port: number;
beforeEach(async () => {
  fleet = openFleet();
  port = await freePort();
});
afterEach(() => fleet.close());

const up = (part: PartOptions) => reconcile(fleet.synth(part), fleet.host);
const list = () => listParts(fleet.host, ENVIRONMENT);

test('an environment without parts has an empty list', async () => {
  expect(await list()).toEqual([]);
});

test('a running part has its pid, address, start and applied version', async () => {
  const before = Date.now();
  const { pid } = await up(serverPart(fleet, port, { version: 'v1', address: 'http://127.0.0.1/v1' }));
  const [status, ...others] = await list();
  expect(others).toEqual([]);
  expect(status).toEqual({
    name: 'server',
    state: 'running',
    pid,
    address: 'http://127.0.0.1/v1',
    since: expect.any(Number),
    version: 'v1',
  });
  expect(status?.since).toBeGreaterThanOrEqual(before);
});

test('a refused version is told beside the one in use', async () => {
  const part = serverPart(fleet, port, { version: 'v1' });
  await up(part);
  const refused = { documents: { 'server.json': '{"refuse":"no such model"}' } };
  const applied = { url: `http://127.0.0.1:${port}/status`, version: 'v2', timeoutSeconds: 600 };
  await expect(up({ ...part, ...refused, applied })).rejects.toThrow('no such model');
  expect(await list()).toMatchObject([
    { state: 'running', version: 'v1', wanted: 'v2', error: 'no such model' },
  ]);
});

test('a part that does not tell its version has a hash of its documents, which changes with them', async () => {
  const version = async (text: string) => {
    await up({ documents: { 'a.txt': text } });
    return (await list())[0]?.version;
  };
  const first = await version('a');
  expect(first).toMatch(/^[0-9a-f]{8}$/);
  expect(await version('b')).not.toBe(first);
  expect(await version('a')).toBe(first);
});

test('a program that runs but does not answer is unready', async () => {
  const { pid } = await up(serverPart(fleet, port, { version: 'v1' }));
  process.kill(pid, 'SIGSTOP');
  expect(await list()).toMatchObject([{ state: 'unready', pid, wanted: 'v1' }]);
  process.kill(pid, 'SIGKILL');
});

test('a program that ended by itself is dead, one that was ended is stopped', async () => {
  const { pid } = await up({ name: 'a' });
  await up({ name: 'b' });
  await crash(pid);
  await stop(fleet.host, ENVIRONMENT, 'b');
  expect((await list()).map(({ name, state }) => [name, state])).toEqual([
    ['a', 'dead'],
    ['b', 'stopped'],
  ]);
});

test('a part whose manifest cannot be read is broken and hides no other part', async () => {
  await up({ name: 'a' });
  await up({ name: 'b' });
  writeFileSync(fleet.path('a', 'part.json'), '{');
  expect(await list()).toMatchObject([
    { name: 'a', state: 'broken', error: expect.stringContaining('part.json: not valid JSON') },
    { name: 'b', state: 'running' },
  ]);
});
