import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reconcile } from '../../parts/reconcile.ts';
import {
  eventually,
  type Fleet,
  freePort,
  openFleet,
  type PartOptions,
  serverPart,
  statusOf,
} from './support.ts';

let fleet: Fleet;
let port: number;
beforeEach(async () => {
  fleet = openFleet();
  port = await freePort();
});
afterEach(() => fleet.close());

/** The small server with a document that it refuses in these words; version `v2` is what it should apply. */
function refusing(words: string, timeoutSeconds: number): PartOptions {
  const part = serverPart(fleet, port, { version: 'v2' });
  return {
    ...part,
    documents: { 'server.json': JSON.stringify({ refuse: words }) },
    applied: { url: `http://127.0.0.1:${port}/status`, version: 'v2', timeoutSeconds },
  };
}

test('a changed document reaches the running program by one SIGHUP', async () => {
  const { pid } = await reconcile(fleet.synth(serverPart(fleet, port, { version: 'v1' })), fleet.host);
  const outcome = await reconcile(fleet.synth(serverPart(fleet, port, { version: 'v2' })), fleet.host);
  expect(outcome).toEqual({ part: 'server', action: 'reloaded', pid });
  expect(await statusOf(port)).toEqual({ version: 'v2', hangups: 1 });
});

test('a program that watches its documents gets no signal', async () => {
  const watching = { reload: 'watches', env: { WATCH: '1' } } as const;
  await reconcile(fleet.synth(serverPart(fleet, port, { version: 'v1', ...watching })), fleet.host);
  const changed = fleet.synth(serverPart(fleet, port, { version: 'v2', ...watching }));
  expect(await reconcile(changed, fleet.host)).toMatchObject({ action: 'reloaded' });
  expect(await statusOf(port)).toEqual({ version: 'v2', hangups: 0 });
});

test("a refused document fails with the program's own words, at once", async () => {
  await reconcile(fleet.synth(serverPart(fleet, port, { version: 'v1' })), fleet.host);
  await expect(reconcile(fleet.synth(refusing('weights add up to 90', 600)), fleet.host)).rejects.toThrow(
    'server: version v2 was refused: weights add up to 90',
  );
});

test('a refusal that stood before the change fails only when the time is over', async () => {
  await reconcile(fleet.synth(serverPart(fleet, port, { version: 'v1' })), fleet.host);
  await expect(reconcile(fleet.synth(refusing('not yet', 600)), fleet.host)).rejects.toThrow('not yet');
  const begun = Date.now();
  await expect(reconcile(fleet.synth(refusing('not yet', 0.2)), fleet.host)).rejects.toThrow(
    'version v2 was refused: not yet',
  );
  expect(Date.now() - begun).toBeGreaterThanOrEqual(200);
});

test('a reload that failed is tried again although nothing has changed', async () => {
  await reconcile(fleet.synth(serverPart(fleet, port, { version: 'v1' })), fleet.host);
  await expect(reconcile(fleet.synth(refusing('no', 600)), fleet.host)).rejects.toThrow('refused: no');
  await expect(reconcile(fleet.synth(refusing('no', 0.2)), fleet.host)).rejects.toThrow('refused: no');
  await eventually('a second SIGHUP', async () => (await statusOf(port)).hangups === 2);
});

test('a good document after a refused one is applied', async () => {
  const { pid } = await reconcile(fleet.synth(serverPart(fleet, port, { version: 'v1' })), fleet.host);
  await expect(reconcile(fleet.synth(refusing('no', 600)), fleet.host)).rejects.toThrow('no');
  const good = fleet.synth(serverPart(fleet, port, { version: 'v3' }));
  expect(await reconcile(good, fleet.host)).toEqual({ part: 'server', action: 'reloaded', pid });
  expect(await statusOf(port)).toEqual({ version: 'v3', hangups: 2 });
});

test('a document that was written but never signalled is signalled by the next call', async () => {
  const silent = { applied: undefined };
  await reconcile(fleet.synth(serverPart(fleet, port, { version: 'v1', ...silent })), fleet.host);
  const manifest = fleet.synth(serverPart(fleet, port, { version: 'v2', ...silent }));
  writeFileSync(fleet.path('server', 'server.json'), '{"version":"v2"}');
  writeFileSync(fleet.path('server', 'part.json'), readFileSync(manifest));
  expect(await reconcile(manifest, fleet.host)).toMatchObject({ action: 'reloaded' });
  expect(await reconcile(manifest, fleet.host)).toMatchObject({ action: 'adopted' });
});

test('waiting only until the program serves leaves the refusal to the next call', async () => {
  await reconcile(fleet.synth(serverPart(fleet, port, { version: 'v1' })), fleet.host);
  const manifest = fleet.synth(refusing('no', 600));
  expect(await reconcile(manifest, fleet.host, 'ready')).toMatchObject({ action: 'reloaded' });
  await eventually('the refusal', async () => (await statusOf(port)).error === 'no');
  const impatient = fleet.synth(refusing('no', 0));
  await expect(reconcile(impatient, fleet.host)).rejects.toThrow('version v2 was refused: no');
});

test('a document that somebody edited in place is put right', async () => {
  const manifest = fleet.synth(serverPart(fleet, port, { version: 'v1' }));
  await reconcile(manifest, fleet.host);
  writeFileSync(fleet.path('server', 'server.json'), '{"version":"by hand"}');
  expect(await reconcile(manifest, fleet.host)).toMatchObject({ action: 'reloaded' });
  expect(readFileSync(fleet.path('server', 'server.json'), 'utf8')).toBe('{"version":"v1"}');
});

test('a program that does not say which version it applied fails when the time is over', async () => {
  const part = serverPart(fleet, port);
  const url = `http://127.0.0.1:${port}/status`;
  const manifest = fleet.synth({ ...part, applied: { url, version: 'v1', timeoutSeconds: 0.2 } });
  await expect(reconcile(manifest, fleet.host)).rejects.toThrow(
    `${url} did not report version v1 within 0.2 s, but none`,
  );
});
