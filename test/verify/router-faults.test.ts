import { describe, expect, test } from 'vitest';
import type { ServerAddress } from '../../contracts/router-documents.ts';
import type { SimulationInput } from '../../services/vllm-simulator/simulation-options.ts';
import { egressConfig, type Started, start as startGateway } from '../services/gateway/support/start.ts';
import { makePlace } from '../services/router-agent/support.ts';
import { FAST, type Running, start as startSimulator } from '../services/vllm-simulator/support.ts';
import { frozenHop } from '../support/frozen-hop.ts';
import { edgeOf, type Sketch, startReleasesChain } from '../support/releases-chain.ts';
import { environmentOf, freePort, type ReleaseSketch, until } from '../workloads/router-support.ts';

const MODEL = 'gpt-oss-120b';
const REQUESTS = 1_000;
const AT_A_TIME = 20;

/** Ends by how often: `200 v32`, `502 upstream_unreachable`, `200 v32, then upstream_cut`. */
type Ends = Readonly<Record<string, number>>;

async function endOf(gateway: Started, index: number, stream: boolean): Promise<string> {
  const body = {
    model: MODEL,
    stream,
    max_tokens: 8,
    messages: [{ role: 'user', content: `hello ${index}` }],
  };
  const response = await gateway.post('/v1/chat/completions', body);
  const text = await response.text();
  const code = /"code":"?(\w+)/.exec(text)?.[1];
  if (response.status !== 200) return `${response.status} ${code}`;
  const release = response.headers.get('x-fleet-release');
  const isWhole = !stream || text.endsWith('data: [DONE]\n\n');
  return isWhole ? `200 ${release}` : `200 ${release}, then ${code}`;
}

/** Each of the requests is of a conversation of its own. */
async function askAll(gateway: Started, { stream = false } = {}): Promise<Ends> {
  const ends: Record<string, number> = {};
  const queue = Array.from({ length: REQUESTS }, (_, index) => index).values();
  const lane = async () => {
    for (const index of queue) {
      const end = await endOf(gateway, index, stream);
      ends[end] = (ends[end] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  console.info(`${expect.getState().currentTestName}: ${JSON.stringify(ends)}`);
  return ends;
}

/** Arrivals at servers, each request once. */
function arrivals(...servers: readonly Running[]): number {
  const ids = servers.flatMap(({ records }) => records.map(({ id }) => id));
  expect(ids.length - new Set(ids).size, 'arrived twice').toBe(0);
  return ids.length;
}

const addressOf = ({ port }: { readonly port: number }): ServerAddress => ({ address: '127.0.0.1', port });
const nobody = async (): Promise<ServerAddress> => ({ address: '127.0.0.1', port: await freePort() });
const own = (more: Partial<ReleaseSketch> = {}): Sketch => ({
  [MODEL]: { v32: { weight: 100, role: 'stable', ...more }, v33: { weight: 0, role: 'canary' } },
});
const failing = (failure: NonNullable<SimulationInput['failures']>[number]) =>
  startSimulator({ simulation: { ...FAST, failures: [failure] } });

describe('one of two servers', () => {
  test.each([
    ['refuses connections', async (): Promise<ServerAddress> => nobody()],
    [
      'is a black hole',
      async (): Promise<ServerAddress> => {
        const hop = await frozenHop((await startSimulator()).port);
        await hop.freeze();
        return addressOf(hop);
      },
    ],
  ])('%s: the other answers all', async (_, broken) => {
    const server = await startSimulator();
    const { gateway } = await startReleasesChain(own(), {
      [`${MODEL}_v32`]: [await broken(), addressOf(server)],
    });
    expect(await askAll(gateway)).toEqual({ '200 v32': REQUESTS });
    expect(arrivals(server)).toBe(REQUESTS);
  });
});

describe('all servers of a release', () => {
  test('refuse connections: 502, nothing else is tried', async () => {
    const other = await startSimulator();
    const { gateway } = await startReleasesChain(own(), {
      [`${MODEL}_v32`]: [await nobody()],
      [`${MODEL}_v33`]: [addressOf(other)],
    });
    expect(await askAll(gateway)).toEqual({ '502 upstream_unreachable': REQUESTS });
    expect(arrivals(other)).toBe(0);
  });

  test('are gone: 503', async () => {
    const { gateway } = await startReleasesChain(own(), {});
    expect(await askAll(gateway)).toEqual({ '503 release_unavailable': REQUESTS });
  });

  test.each([
    ['refuse connections', async () => [await nobody(), await nobody()]],
    ['are gone', async () => []],
  ])('%s, with a fallback: it answers all', async (_, servers) => {
    const other = await startSimulator();
    const { gateway } = await startReleasesChain(own({ fallback: { release: 'v33' } }), {
      [`${MODEL}_v32`]: await servers(),
      [`${MODEL}_v33`]: [addressOf(other)],
    });
    expect(await askAll(gateway)).toEqual({ '200 v33': REQUESTS });
    expect(arrivals(other)).toBe(REQUESTS);
  });
});

describe('a server that took the request', () => {
  const both = { fallback: { release: 'v33' } };
  test.each<[string, Parameters<typeof failing>[0], boolean, string]>([
    ['500', { do: 'status', status: 500 }, false, '500 500'],
    ['503', { do: 'status', status: 503 }, false, '503 503'],
    ['429', { do: 'status', status: 429 }, false, '429 429'],
    ['break mid-stream', { do: 'cut', afterTokens: 3 }, true, '200 v32, then upstream_cut'],
    ['late first byte', { do: 'delay', seconds: 0.05 }, true, '200 v32'],
  ])('%s: passed on, never sent again or elsewhere', async (_, failure, stream, end) => {
    const servers = [await failing(failure), await failing(failure)];
    const other = await startSimulator();
    const { gateway } = await startReleasesChain(own(both), {
      [`${MODEL}_v32`]: servers.map(addressOf),
      [`${MODEL}_v33`]: [addressOf(other)],
    });
    expect(await askAll(gateway, { stream })).toEqual({ [end]: REQUESTS });
    expect(arrivals(...servers, other)).toBe(REQUESTS);
    expect(other.records).toEqual([]);
  });
});

test('servers that take requests and break before the first byte: each was sent once, the rest goes to the fallback', async () => {
  const servers = [await failing({ do: 'refuse' }), await failing({ do: 'refuse' })];
  const other = await startSimulator();
  const { gateway } = await startReleasesChain(own({ fallback: { release: 'v33' } }), {
    [`${MODEL}_v32`]: servers.map(addressOf),
    [`${MODEL}_v33`]: [addressOf(other)],
  });
  const { '502 upstream_failed': failed = 0, '200 v33': answered = 0, ...others } = await askAll(gateway);
  expect(others).toEqual({});
  expect(failed + answered).toBe(REQUESTS);
  expect(failed).toBeGreaterThanOrEqual(6);
  expect(arrivals(...servers, other)).toBe(REQUESTS);
});

describe('a public endpoint', () => {
  /** Both are refused by the egress until its circuit opens, and by the circuit from then on. */
  const places = [
    ['whose name does not resolve', async () => 'https://does-not-exist.invalid'],
    ['whose TLS fails', async () => `https://127.0.0.1:${(await startSimulator()).port}`],
  ] as const;

  async function chainTo(url: string, groq: Partial<ReleaseSketch>) {
    const egress = await startGateway(
      egressConfig(url, {
        routes: [{ model: MODEL, release: 'groq', endpoint: 'groq', endpointModel: 'openai/gpt-oss-120b' }],
      }),
    );
    const server = await startSimulator();
    const sketch: Sketch = {
      [MODEL]: { groq: { weight: 100, endpoint: true, ...groq }, v32: { weight: 0, role: 'stable' } },
    };
    const servers = { [`${MODEL}_v32`]: [addressOf(server)] };
    const chain = await startReleasesChain(sketch, servers, { egress: egress.address });
    return { ...chain, server };
  }

  test.each(places)('%s: refused as unsent, own nodes are not asked', async (_, url) => {
    const { gateway, server } = await chainTo(await url(), {});
    const {
      '502 upstream_unreachable': failed = 0,
      '503 circuit_open': refused = 0,
      ...others
    } = await askAll(gateway);
    expect(others).toEqual({});
    expect(failed + refused).toBe(REQUESTS);
    expect(refused).toBeGreaterThan(REQUESTS / 2);
    expect(arrivals(server)).toBe(0);
  });

  test.each(places)('%s, with own nodes as its fallback: they answer all', async (_, url) => {
    const { gateway, server } = await chainTo(await url(), { fallback: { release: 'v32' } });
    expect(await askAll(gateway)).toEqual({ '200 v32': REQUESTS });
    expect(arrivals(server)).toBe(REQUESTS);
  });
});

test('a dead router agent changes nothing', async () => {
  const server = await startSimulator();
  const place = await makePlace();
  place.want(environmentOf(own()));
  place.serve({ v32: [server.port], v33: [] });
  const agent = await place.startAgent();
  await until('the agent has written its files', () => agent.output().includes('"status"'));
  await place.startNginx();
  await until('all is applied', async () => (await place.status()).state === 'applied');
  agent.process.kill('SIGKILL');
  const gateway = await startGateway(edgeOf(own(), place.port));
  expect(await askAll(gateway)).toEqual({ '200 v32': REQUESTS });
  expect(arrivals(server)).toBe(REQUESTS);
});
