import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { type ClientRequest, createServer, request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LEAVING_FILE } from '../../../contracts/router-agent-settings.ts';
import { generationsOf } from '../../../services/router-agent/workers.ts';
import { fleetHeaders, startFakeServer, stopNginx, until } from '../../workloads/router-support.ts';
import { healthOf } from './bucket.ts';
import {
  appliedPlace,
  askModel,
  MODEL,
  metricOf,
  type Place,
  reloadsOf,
  untilStatus,
  withCanaryAt,
} from './support.ts';

const OFTEN = ['--poll', '200'];

test('a server that says that it is not ready gets no requests until it has said twice that it is', async () => {
  const say = { ready: true };
  const [flapping, other] = [
    await startFakeServer((incoming, outgoing) => {
      incoming.resume();
      const bad = incoming.url === '/health' && !say.ready;
      outgoing.writeHead(bad ? 503 : 200).end('flapping');
    }),
    await startFakeServer((incoming, outgoing) => {
      incoming.resume();
      outgoing.end('other');
    }),
  ];
  const { place } = await appliedPlace({ v32: [flapping.port, other.port] }, OFTEN);
  const conversations = Array.from({ length: 20 }, (_, index) => `conversation-${index}`);
  const answersBy = async () => {
    const answers = conversations.map((key) => askModel(place, { 'x-fleet-routing-key': key }));
    return new Set((await Promise.all(answers)).map(({ body }) => body));
  };
  expect(await answersBy()).toEqual(new Set(['flapping', 'other']));

  say.ready = false;
  const down = `fleet_router_servers{model="${MODEL}",release="v32",state="down"}`;
  await until('it is down', async () => (await metricOf(place, down)) === 1);
  await until('the other answers all', async () => [...(await answersBy())].join() === 'other');
  say.ready = true;
  await until('it is up', async () => (await metricOf(place, down)) === 0);
  await until('it is back', async () => (await answersBy()).size === 2);
});

test('a release whose only server does not answer the checks is left to nginx', async () => {
  const health = { answers: true };
  const server = await startFakeServer((incoming, outgoing) => {
    incoming.resume();
    if (incoming.url !== '/health') return void outgoing.end('served');
    if (health.answers) return void outgoing.end();
    incoming.socket.destroy();
  });
  const { place } = await appliedPlace({ v32: [server.port] }, OFTEN);
  health.answers = false;
  const down = `fleet_router_servers{model="${MODEL}",release="v32",state="down"}`;
  await until('it counts as down', async () => (await metricOf(place, down)) === 1);
  expect((await askModel(place)).body).toBe('served');
});

describe('health for a balancer', () => {
  test('is nginx answering with a document that was good, whatever is wanted', async () => {
    const { place, nginx } = await appliedPlace();
    expect(await healthOf(place)).toBe(200);
    place.wantText('broken');
    await untilStatus(place, { state: 'refused' });
    expect(await healthOf(place)).toBe(200);
    await stopNginx(nginx);
    expect(await healthOf(place)).toBe(503);
  });

  test('ends while the router is leaving', async () => {
    const server = await startFakeServer();
    const { place } = await appliedPlace({ v32: [server.port] });
    const file = join(place.prefix, LEAVING_FILE);
    writeFileSync(file, '');
    expect(await healthOf(place)).toBe(503);
    expect((await askModel(place)).status).toBe(200);
    rmSync(file);
    expect(await healthOf(place)).toBe(200);
  });

  test('is not an nginx that answers with a document of somebody else', async () => {
    const { place, nginx } = await appliedPlace();
    await stopNginx(nginx);
    const stranger = createServer((_, response) => response.end('{"version":"0123456789ab","servers":"x"}'));
    stranger.listen(place.adminPort, '127.0.0.1');
    await once(stranger, 'listening');
    onTestFinished(() => void stranger.close());
    expect(await healthOf(place)).toBe(503);
  });
});

describe('generations of old workers', () => {
  test.each([
    ['none', [], 0],
    ['two workers of one', [500, 501], 1],
    ['two, of which one has a worker left', [500, 501, 515], 2],
    ['three, in any order', [530, 500, 515], 3],
  ])('%s', (_, starts, expected) => {
    expect(generationsOf(starts.map((started, pid) => ({ pid, started })))).toBe(expected);
  });

  test('hold up new servers from the sixth on and documents from the eighth on, and it is said', async () => {
    const server = await startFakeServer((incoming, outgoing) => {
      incoming.resume();
      if (incoming.url === '/health') return void outgoing.end();
      outgoing.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    });
    const servers = { v32: [server.port], v33: [server.port] };
    const { place, agent } = await appliedPlace(servers, OFTEN);
    const streams: ClientRequest[] = [];
    const reload = async (weight: number) => {
      streams.push(await openStream(place));
      const version = place.want(withCanaryAt(weight));
      await untilStatus(place, { state: 'applied', version });
    };
    // The workers that nginx started with are of no reload, and nothing says how long before the next they started.
    await untilStatus(place, { state: 'applied', version: place.want(withCanaryAt(10)) });
    for (let weight = 1; weight <= 6; weight += 1) await reload(weight);
    await until('six generations', async () => (await metricOf(place, OLD)) === 6);

    place.serve({ ...servers, v33: [] });
    const waiting = await untilStatus(place, { state: 'waiting for old workers' });
    expect(waiting.error).toMatch(/^6 generations of old nginx workers still have requests/);
    for (const weight of [7, 8]) await reload(weight);
    const reloads = await reloadsOf(place);
    expect(reloads).toBe(9);

    streams.push(await openStream(place));
    const version = place.want(withCanaryAt(9));
    expect((await untilStatus(place, { state: 'waiting for old workers', wanted: version })).error).toMatch(
      /^8 generations/,
    );
    expect(await metricOf(place, 'fleet_router_change_waits')).toBe(1);
    expect(agent.output()).toContain('the change waits for one of them to end');
    expect(await reloadsOf(place)).toBe(reloads);

    streams.shift()?.destroy();
    await untilStatus(place, { state: 'applied', version, error: undefined });
    for (const stream of streams) stream.destroy();
    await until('no old generation', async () => (await metricOf(place, OLD)) === 0);
  });
});

const OLD = 'fleet_router_old_generations';

/** A stream that runs until it is destroyed. */
async function openStream({ port }: Place): Promise<ClientRequest> {
  const headers = fleetHeaders(MODEL);
  const sent = request({ port, method: 'POST', path: '/v1/completions', agent: false, headers });
  sent.on('error', () => {});
  sent.end('{}');
  const [response] = await once(sent, 'response');
  response.on('error', () => {}).resume();
  onTestFinished(() => void sent.destroy());
  return sent;
}
