import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fleetHeaders, get, startFakeServer, stopNginx, until } from '../../workloads/router-support.ts';
import {
  appliedPlace,
  askModel,
  MODEL,
  makePlace,
  reloadsOf,
  SELDOM,
  untilStatus,
  withCanaryAt,
} from './support.ts';

test('a first document is put in place, waits for nginx, and is applied when nginx starts, without a reload', async () => {
  const server = await startFakeServer();
  const place = await makePlace();
  const version = place.want(withCanaryAt(0));
  place.serve({ v32: [server.port] });
  await place.startAgent(SELDOM);
  expect(await untilStatus(place, { state: 'waiting for nginx' })).toEqual({
    version: null,
    wanted: version,
    servers: null,
    state: 'waiting for nginx',
    nginx: 'stopped',
  });
  expect((await get(place.agentPort, '/ready')).status).toBe(200);

  await place.startNginx();
  expect(await untilStatus(place, { state: 'applied' })).toEqual({
    version,
    wanted: version,
    servers: expect.stringMatching(/^[0-9a-f]{12}$/),
    state: 'applied',
    nginx: 'running',
  });
  expect(await reloadsOf(place)).toBe(0);
  expect((await askModel(place)).body).toBe(String(server.port));
});

test('files in a folder that cannot be watched yet are found by polling', async () => {
  const place = await makePlace();
  rmdirSync(place.wanted);
  await place.startAgent(['--poll', '100']);
  await untilStatus(place, { state: 'no document', nginx: 'stopped' });
  mkdirSync(place.wanted);
  place.want(withCanaryAt(0));
  place.serve({});
  await untilStatus(place, { state: 'waiting for nginx' });
});

test('new weights are applied while a stream runs, and the stream is not cut', async () => {
  const gate = { finish: () => {} };
  const stable = await startFakeServer((incoming, outgoing) => {
    incoming.resume();
    outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    gate.finish = () => outgoing.end('data: 2\n\n');
  });
  const canary = await startFakeServer();
  const { place } = await appliedPlace({ v32: [stable.port], v33: [canary.port] }, SELDOM);
  const options = { port: place.port, method: 'POST', path: '/v1/completions', agent: false };
  const sent = request({ ...options, headers: fleetHeaders(MODEL) });
  sent.end('{}');
  const [stream] = await once(sent, 'response');

  const version = place.want(withCanaryAt(100));
  await untilStatus(place, { state: 'applied', version });
  expect((await askModel(place)).body).toBe(String(canary.port));

  gate.finish();
  const events = await stream.setEncoding('utf8').reduce((all: string, chunk: string) => all + chunk, '');
  expect(events).toBe('data: 1\n\ndata: 2\n\n');
});

test('once a version is reported as applied, no request goes by the one before, under traffic', async () => {
  const [stable, canary] = [await startFakeServer(), await startFakeServer()];
  const { place } = await appliedPlace({ v32: [stable.port], v33: [canary.port] }, SELDOM);
  const answers: { readonly began: number; readonly body: string }[] = [];
  const traffic = { flows: true };
  const flow = async () => {
    while (traffic.flows) {
      const began = performance.now();
      answers.push({ began, body: (await askModel(place)).body });
    }
  };
  const flows = Promise.all(Array.from({ length: 4 }, flow));
  onTestFinished(async () => {
    traffic.flows = false;
    await flows;
  });
  for (const weight of [100, 0, 100, 0, 100, 0]) {
    const version = place.want(withCanaryAt(weight));
    await untilStatus(place, { state: 'applied', version });
    const applied = performance.now();
    const since = () => answers.filter(({ began }) => began > applied);
    await until('50 requests are answered', () => since().length >= 50);
    const expected = String(weight === 100 ? canary.port : stable.port);
    expect(since().filter(({ body }) => body !== expected)).toEqual([]);
  }
});

test('changed servers are applied, at the same version', async () => {
  const [first, second] = [await startFakeServer(), await startFakeServer()];
  const { place, version } = await appliedPlace({ v32: [first.port] }, SELDOM);
  const { servers } = await place.status();
  expect((await askModel(place)).body).toBe(String(first.port));
  place.serve({ v32: [second.port] });
  await until('other servers', async () => (await place.status()).servers !== servers);
  await untilStatus(place, { state: 'applied', version });
  expect((await askModel(place)).body).toBe(String(second.port));
});

test('changes during an application are applied together after it', async () => {
  const place = await makePlace();
  const folder = dirname(place.hopKeyFile);
  const [gate, tested] = [join(folder, 'gate'), join(folder, 'tested')];
  const program = join(folder, 'slow-nginx');
  writeFileSync(
    program,
    `#!/bin/sh\necho >>${tested}\nwhile [ ! -e ${gate} ]; do sleep 0.01; done\nexec nginx "$@"\n`,
  );
  chmodSync(program, 0o755);
  writeFileSync(gate, '');
  place.want(withCanaryAt(0));
  place.serve({});
  await place.startAgent(['--nginx', program, ...SELDOM]);
  await untilStatus(place, { state: 'waiting for nginx' });
  await place.startNginx();
  await untilStatus(place, { state: 'applied' });

  rmSync(gate);
  const before = statSync(tested).size;
  place.want(withCanaryAt(1));
  await until('nginx tests the first change', () => statSync(tested).size > before);
  const versions = [2, 3, 4, 5, 6].map((weight) => place.want(withCanaryAt(weight)));
  writeFileSync(gate, '');
  await untilStatus(place, { state: 'applied', version: versions.at(-1) });
  expect(await reloadsOf(place)).toBe(2);
});

test('the hop key is kept from others, and a new one is taken on SIGHUP', async () => {
  const server = await startFakeServer();
  const { place, agent } = await appliedPlace({ v32: [server.port] }, SELDOM);
  expect(statSync(join(place.prefix, 'secrets/hop-key.map')).mode & 0o777).toBe(0o600);
  writeFileSync(place.hopKeyFile, 'a-new-key');
  expect((await askModel(place)).status).toBe(200);
  agent.process.kill('SIGHUP');
  const withNewKey = { 'x-fleet-hop-key': 'a-new-key' };
  await until('the new key passes', async () => (await askModel(place, withNewKey)).status === 200);
  await until('the old key is refused', async () => (await askModel(place)).status === 401);
  expect(agent.output()).not.toMatch(/a-new-key|Hop\+key/);
});

test('SIGTERM ends the agent and leaves nginx serving; the next agent takes over without a reload', async () => {
  const server = await startFakeServer();
  const { place, agent, nginx, version } = await appliedPlace({ v32: [server.port] });
  expect(await agent.stop()).toBe(0);
  expect(nginx.exitCode).toBeNull();
  expect((await askModel(place)).status).toBe(200);
  await place.startAgent();
  await untilStatus(place, { state: 'applied', version });
  expect(await reloadsOf(place)).toBe(0);
});

test('what was put in place but not loaded, because the agent ended in between, is loaded by the next one', async () => {
  const { place, agent } = await appliedPlace();
  await agent.stop();
  const { text, version } = place.render(withCanaryAt(9));
  writeFileSync(join(place.prefix, 'nginx.conf'), text);
  place.wantText(text);
  await place.startAgent();
  await untilStatus(place, { state: 'applied', version });
});

test('an nginx that ends is seen, and so is its return', async () => {
  const { place, nginx, version } = await appliedPlace({}, ['--poll', '100']);
  await stopNginx(nginx);
  expect(await untilStatus(place, { state: 'waiting for nginx' })).toMatchObject({
    version: null,
    nginx: 'stopped',
  });
  await place.startNginx();
  await untilStatus(place, { state: 'applied', version });
});

test('nothing is left of candidates and of releases that are gone', async () => {
  const { place } = await appliedPlace();
  const { releases } = withCanaryAt(0).models[MODEL] ?? {};
  const only = { v32: { ...releases?.v32, weight: 100 } };
  const environment = withCanaryAt(0);
  const model = environment.models[MODEL];
  const version = place.want({
    ...environment,
    models: { [MODEL]: { ...model, releases: only } },
  } as typeof environment);
  await untilStatus(place, { state: 'applied', version });
  expect(readdirSync(join(place.prefix, 'servers')).sort()).toEqual([`${MODEL}_v32.conf`, 'tag.map']);
  expect(existsSync(join(place.prefix, 'candidate'))).toBe(false);
});

test('metrics say which document is loaded and how nginx is doing', async () => {
  const { place, version } = await appliedPlace();
  const { body } = await get(place.agentPort, '/metrics');
  expect(body).toContain(`fleet_router_document_info{version="${version}"} 1`);
  expect(body).toContain('fleet_router_document_refused 0');
  expect(body).toContain('fleet_router_nginx_running 1');
  expect(body).toContain('fleet_router_reloads_total 0');
  expect(body).toMatch(/^fleet_router_nginx_connections\{state="writing"\} [1-9]/m);
});

test('metrics say the weights and roles that nginx has loaded, also after a change', async () => {
  const { place } = await appliedPlace();
  const version = place.want(withCanaryAt(15));
  await untilStatus(place, { state: 'applied', version });
  const { body } = await get(place.agentPort, '/metrics');
  expect(body.match(/^fleet_release_weight_percent.*$/gm)).toEqual([
    `fleet_release_weight_percent{model="${MODEL}",release="v32",role="stable"} 85`,
    `fleet_release_weight_percent{model="${MODEL}",release="v33",role="canary"} 15`,
  ]);
});
