import { once } from 'node:events';
import { expect } from 'vitest';
import { frozenHop } from '../../support/frozen-hop.ts';
import { get, startFakeServer, stopNginx, until } from '../../workloads/router-support.ts';
import { askModel, makePlace, metricOf, type Place, untilStatus, withCanaryAt } from './support.ts';

/** A bucket of a cloud, as what the agent does with one is shown. */
export interface TestBucket {
  /** Where the API listens on 127.0.0.1. */
  readonly port: number;
  /** Settings of an agent that reads from it. */
  readonly settings: {
    readonly document: string;
    readonly servers: string;
    readonly region?: string;
    readonly identity?: { readonly file: string };
  };
  /** What makes the agent talk to it, through a hop on this port. */
  env(port: number): NodeJS.ProcessEnv;
  put(object: 'nginx.conf' | 'servers.json', text: string): Promise<void>;
}

/** From the change of the object to all new requests: the promise of the issue. */
const CHANGE_MS = 5_000;

/** A router whose agent has applied a document of the bucket. The hop stands between the agent and the bucket. */
export async function routerOf(bucket: TestBucket) {
  const place = await makePlace();
  const server = await startFakeServer();
  const hop = await frozenHop(bucket.port);
  const want = async (weight: number) => {
    const { text, version } = place.render(withCanaryAt(weight));
    await bucket.put('nginx.conf', text);
    return version;
  };
  const version = await want(0);
  await bucket.put('servers.json', place.serversText({ v32: [server.port], v33: [server.port] }));
  const startAgent = () => place.startAgentWith(bucket.settings, bucket.env(hop.port));
  const agent = await startAgent();
  await untilStatus(place, { state: 'waiting for nginx' });
  const nginx = await place.startNginx();
  await untilStatus(place, { state: 'applied', version });
  return { place, server, hop, want, version, startAgent, agent, nginx };
}

export async function healthOf({ agentPort }: Place): Promise<number> {
  return (await get(agentPort, '/health')).status;
}

export async function picksUpChanges(bucket: TestBucket): Promise<void> {
  const { place, want } = await routerOf(bucket);
  for (const weight of [5, 20, 0]) {
    const version = await want(weight);
    const changed = performance.now();
    await untilStatus(place, { version, state: 'applied' });
    expect(performance.now() - changed).toBeLessThan(CHANGE_MS);
  }
  expect(await healthOf(place)).toBe(200);
  expect(await metricOf(place, 'fleet_router_source_failing{source="document"}')).toBe(0);
}

export async function refusesBrokenDocuments(bucket: TestBucket): Promise<void> {
  const { place, want, version } = await routerOf(bucket);
  const { text } = place.render(withCanaryAt(7));
  const invalid = withCanaryAt(8);
  const unknown = place.render({
    ...invalid,
    router: { ...invalid.router, longestAnswer: '5 parsecs' },
  }).text;
  const broken: readonly [string, RegExp][] = [
    [text.slice(0, text.length / 2), /changed or cut off/],
    [unknown, /\[emerg\]/],
  ];
  for (const [document, words] of broken) {
    await bucket.put('nginx.conf', document);
    await until('the document is refused', async () => words.test((await place.status()).error ?? ''));
    expect(await place.status()).toMatchObject({ state: 'refused', version });
    expect((await askModel(place)).status).toBe(200);
    expect(await healthOf(place)).toBe(200);
  }
  expect(await metricOf(place, 'fleet_router_document_refused')).toBe(1);
  expect(await metricOf(place, 'fleet_router_documents_refused_total')).toBe(2);
  const good = await want(9);
  await untilStatus(place, { state: 'applied', version: good, error: undefined });
  expect(await metricOf(place, 'fleet_router_document_refused')).toBe(0);
}

/** The bucket answers nothing any more while agent and nginx are killed, start again, and lose a server. */
export async function survivesOutageAndRestarts(bucket: TestBucket): Promise<void> {
  const { place, server, hop, want, version, startAgent, agent, nginx } = await routerOf(bucket);
  await hop.freeze();
  await want(50);
  await until('the outage is noticed', async () => (await metricOf(place, FAILING)) === 1);
  expect(await place.status()).toMatchObject({ state: 'applied', version });
  expect(await healthOf(place)).toBe(200);

  agent.process.kill('SIGKILL');
  if (agent.process.signalCode === null) await once(agent.process, 'exit');
  await stopNginx(nginx);
  await startAgent();
  expect((await get(place.agentPort, '/ready')).status).toBe(200);
  await place.startNginx();
  await untilStatus(place, { state: 'applied', version });
  expect((await place.status()).error).toContain(bucket.settings.document.slice(0, 5));
  expect((await askModel(place)).body).toBe(String(server.port));
  expect(await healthOf(place)).toBe(200);

  hop.thaw();
  const latest = await want(60);
  await untilStatus(place, { state: 'applied', version: latest, error: undefined });
  await until('the outage is over', async () => (await metricOf(place, FAILING)) === 0);
}

const FAILING = 'fleet_router_source_failing{source="document"}';
