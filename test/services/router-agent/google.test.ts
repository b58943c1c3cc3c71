import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { GoogleMachine, type Instance } from '../../support/google-machine.ts';
import { until } from '../../workloads/router-support.ts';
import {
  picksUpChanges,
  refusesBrokenDocuments,
  routerOf,
  survivesOutageAndRestarts,
  type TestBucket,
} from './bucket.ts';
import { MODEL, makePlace, metricOf, untilStatus, withCanaryAt } from './support.ts';

async function startGoogle(): Promise<GoogleMachine> {
  const google = new GoogleMachine();
  await google.start();
  onTestFinished(() => google.stop());
  return google;
}

function bucketOf(google: GoogleMachine): TestBucket {
  return {
    port: google.port,
    settings: { document: 'gs://documents/router/nginx.conf', servers: 'gs://documents/router/servers.json' },
    env: (port) => google.env(port),
    put: async (object, text) => google.put('documents', `router/${object}`, text),
  };
}

test('a changed object is applied within 5 s, and only a changed one is fetched', async () => {
  const google = await startGoogle();
  await picksUpChanges(bucketOf(google));
  expect(google.statuses.filter((status) => status === 200)).toHaveLength(5);
  expect(google.statuses).toContain(304);
});

test('a broken document is refused while the old one serves, and a metric says so', async () => {
  await refusesBrokenDocuments(bucketOf(await startGoogle()));
});

test('an outage of the bucket and restarts during it are survived', async () => {
  await survivesOutageAndRestarts(bucketOf(await startGoogle()));
});

test('a document that is damaged on its way is no document, and a token that is refused is replaced', async () => {
  const google = await startGoogle();
  const { place, want, version } = await routerOf(bucketOf(google));
  google.damages = true;
  const next = await want(30);
  await until('the damage is noticed', async () => /damaged/.test((await place.status()).error ?? ''));
  expect(await place.status()).toMatchObject({ state: 'applied', version });
  google.damages = false;
  google.expireTokens();
  await untilStatus(place, { state: 'applied', version: next, error: undefined });
});

test('machines are found by their labels in every zone, and a zone that cannot be asked keeps its machines', async () => {
  const google = await startGoogle();
  const place = await makePlace();
  const machine = (release: string, networkIP: string, more: Partial<Instance> = {}): Instance => ({
    status: 'RUNNING',
    labels: { 'fleet-environment': 'test_1', 'fleet-model': MODEL, 'fleet-release': release },
    networkInterfaces: [{ networkIP }],
    ...more,
  });
  google.instances.set('a', [
    machine('v32', '127.9.0.1'),
    machine('v33', '127.9.0.2'),
    machine('v32', '127.9.0.3', { status: 'STOPPING' }),
    machine('v32', '127.9.0.4', { labels: { 'fleet-environment': 'another' } }),
  ]);
  google.instances.set('b', [machine('v32', '127.9.0.5')]);
  const releases = ['v32', 'v33'].map((release) => ({ model: MODEL, release, ports: [8000, 8001] }));
  google.put('documents', 'router/nginx.conf', place.render(withCanaryAt(0)).text);
  google.put('documents', 'router/servers.json', JSON.stringify({ releases }));
  const discovery = { kind: 'gce', project: 'example', zones: ['a', 'b'], environment: 'test.1' };
  const settings = { ...bucketOf(google).settings, discovery, pollMs: 200 };
  const agent = await place.startAgentWith(settings, google.env());
  await untilStatus(place, { state: 'waiting for nginx' });

  const serversOf = (release: string) =>
    Array.from(
      readFileSync(join(place.prefix, `servers/${MODEL}_${release}.conf`), 'utf8').matchAll(/127\.9\S+/g),
      ([address]) => address,
    );
  const all = ['127.9.0.1:8000', '127.9.0.1:8001', '127.9.0.5:8000', '127.9.0.5:8001'];
  expect(serversOf('v32')).toEqual(all);
  expect(serversOf('v33')).toEqual(['127.9.0.2:8000', '127.9.0.2:8001']);

  google.instances.delete('b');
  const failing = 'fleet_router_source_failing{source="discovery"}';
  await until('the zone is missed', async () => (await metricOf(place, failing)) === 1);
  expect(serversOf('v32')).toEqual(all);
  await agent.stop();
  await place.startAgentWith(settings, google.env());
  await untilStatus(place, { state: 'waiting for nginx' });
  await until('it has asked', async () => (await metricOf(place, failing)) === 1);
  expect(serversOf('v32')).toEqual(all);

  google.instances.set('b', []);
  await until('the machine is gone', () => serversOf('v32').length === 2);
});
