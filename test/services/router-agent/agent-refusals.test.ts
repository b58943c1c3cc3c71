import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { get, startFakeServer, until } from '../../workloads/router-support.ts';
import { appliedPlace, askModel, makePlace, reloadsOf, untilStatus, withCanaryAt } from './support.ts';

test('until its files are there the agent is not ready and says which one is missing', async () => {
  const place = await makePlace();
  await place.startAgent();
  expect((await get(place.agentPort, '/ready')).status).toBe(503);
  await until('it has looked', async () => (await place.status()).error !== undefined);
  const { error } = await untilStatus(place, { state: 'no document' });
  expect(error).toMatch(/nginx\.conf.*servers\.json/);
  place.want(withCanaryAt(0));
  place.serve({});
  await untilStatus(place, { state: 'waiting for nginx', error: undefined });
  expect((await get(place.agentPort, '/ready')).status).toBe(200);
});

test('a document that nginx does not take is refused in its words; the old one keeps serving', async () => {
  const server = await startFakeServer();
  const { place, version } = await appliedPlace({ v32: [server.port] });
  const broken = withCanaryAt(1);
  const wanted = place.want({ ...broken, router: { ...broken.router, longestAnswer: '5 parsecs' } });
  const { error } = await untilStatus(place, { state: 'refused', wanted });
  expect(error).toMatch(/^\[emerg\] .*"worker_shutdown_timeout" directive in nginx\.conf:\d+$/);
  expect(await place.status()).toMatchObject({ version, nginx: 'running' });
  expect((await askModel(place)).status).toBe(200);
  expect((await get(place.agentPort, '/metrics')).body).toContain('fleet_router_document_refused 1');

  const next = place.want(withCanaryAt(2));
  expect(await untilStatus(place, { version: next })).not.toHaveProperty('error');
});

test.each([
  [
    'changed by hand',
    (text: string) => text.replace('keepalive 64', 'keepalive 65'),
    /says version .*content is/,
  ],
  ['cut off', (text: string) => text.slice(0, text.length / 2), /says version .*content is/],
  ['empty', () => '', /does not begin with its version/],
  ['something else', () => 'events {}\n', /does not begin with its version/],
])('a document that is %s is refused; the old one keeps serving', async (_, change, words) => {
  const { place, version } = await appliedPlace();
  place.wantText(change(place.render(withCanaryAt(7)).text));
  const { error } = await untilStatus(place, { state: 'refused' });
  expect(error).toMatch(words);
  expect((await place.status()).version).toBe(version);
  expect(await reloadsOf(place)).toBe(0);
});

test('a refused document holds up no servers', async () => {
  const server = await startFakeServer();
  const { place, version } = await appliedPlace({ v32: [] });
  place.wantText('not a document');
  await untilStatus(place, { state: 'refused' });
  place.serve({ v32: [server.port] });
  await until('the new server answers', async () => (await askModel(place)).body === String(server.port));
  expect(await place.status()).toMatchObject({ state: 'refused', version });
});

test.each([
  ['not JSON', '{"releases":', /servers: not JSON/],
  [
    'not as agreed',
    '{"releases":[{"model":"m","release":"r","servers":[{"address":"a;b","port":1}]}]}',
    /address/,
  ],
])('servers that are %s hold up no document', async (_, text, words) => {
  const server = await startFakeServer();
  const { place } = await appliedPlace({ v32: [server.port], v33: [server.port] });
  place.wantServersText(text);
  expect((await untilStatus(place, { state: 'refused' })).error).toMatch(words);
  const version = place.want(withCanaryAt(50));
  await untilStatus(place, { version });
  expect((await askModel(place)).body).toBe(String(server.port));
});

test('names of servers are resolved; one that does not resolve holds up nothing', async () => {
  const server = await startFakeServer();
  const { place } = await appliedPlace({
    v32: [{ address: 'localhost', port: server.port }],
    v33: [{ address: 'nowhere.invalid', port: 8000 }],
  });
  expect((await askModel(place)).body).toBe(String(server.port));
  const pinned = await askModel(place, { 'x-fleet-pin': 'v33' });
  expect([pinned.status, pinned.headers['x-fleet-unsent']]).toEqual([503, '1']);
});

test('a hop key that no header can carry is refused without being shown', async () => {
  const place = await makePlace();
  writeFileSync(place.hopKeyFile, 'two words');
  place.want(withCanaryAt(0));
  place.serve({});
  const agent = await place.startAgent();
  const { error } = await untilStatus(place, { state: 'refused' });
  expect(error).toMatch(/hop key must be one line/);
  expect(agent.output()).not.toContain('two words');
});

test('a process that is not nginx is never signalled, whatever the pid file says', async () => {
  const place = await makePlace();
  const other = spawn('sleep', ['60']);
  onTestFinished(() => void other.kill());
  mkdirSync(join(place.prefix, 'run'), { recursive: true });
  writeFileSync(join(place.prefix, 'run/nginx.pid'), `${other.pid}\n`);
  place.want(withCanaryAt(0));
  place.serve({});
  await place.startAgent();
  await untilStatus(place, { state: 'waiting for nginx', nginx: 'stopped' });
  expect(await reloadsOf(place)).toBe(0);
  expect(other.exitCode ?? other.signalCode).toBeNull();
});
