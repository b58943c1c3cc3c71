import { createHash, randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Environment } from '../../contracts/environment.ts';
import { weightedReleases } from '../../contracts/release.ts';
import type { ServerAddress } from '../../contracts/router-documents.ts';
import { predictRelease, splitOf } from '../../contracts/split.ts';
import { predictServer, serverPrediction } from '../../workloads/router-servers.ts';
import {
  environmentOf,
  fleetHeaders,
  type ReleaseSketch,
  startFakeServer,
  startRouter,
} from './router-support.ts';

const MODEL = 'gpt-oss-120b';
const LAB: ReleaseSketch = { weight: 5, url: 'http://10.0.0.1' };
const own = (weight: number, role: 'stable' | 'canary'): ReleaseSketch => ({ weight, role });

/** Routing keys as the gateway makes them, the same in every run. */
function seededKeys(count: number): string[] {
  return Array.from({ length: count }, (_, index) =>
    createHash('sha256').update(`seed ${index}`).digest('hex').slice(0, 32),
  );
}

/** Who answered, for each key, over 16 kept-alive connections. */
async function answeredBy(
  port: number,
  keys: readonly string[],
  header: 'x-fleet-release' | 'x-fleet-server',
): Promise<(string | undefined)[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  onTestFinished(() => agent.destroy());
  const answers: (string | undefined)[] = [];
  const queue = keys.entries();
  const work = async () => {
    for (const [index, key] of queue) answers[index] = await answeredOne(agent, port, key, header);
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return answers;
}

function answeredOne(agent: Agent, port: number, key: string, header: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const headers = fleetHeaders(MODEL, { 'x-fleet-routing-key': key });
    const options = { agent, host: '127.0.0.1', port, method: 'POST', path: '/v1/completions', headers };
    request(options, (response) => {
      const answer = response.headers[header];
      response.resume().on('end', () => resolve(typeof answer === 'string' ? answer : undefined));
    })
      .on('error', reject)
      .end('{}');
  });
}

describe('each of 3,000 keys goes to the release that was predicted offline', () => {
  test.each<{ readonly name: string; readonly releases: Readonly<Record<string, ReleaseSketch>> }>([
    { name: '80/20', releases: { v32: own(80, 'stable'), v33: own(20, 'canary') } },
    { name: '95/5', releases: { v32: own(95, 'stable'), v33: own(5, 'canary') } },
    { name: '99/1', releases: { v32: own(99, 'stable'), v33: own(1, 'canary') } },
    {
      name: '34/33/33',
      releases: {
        v32: own(34, 'stable'),
        v33: own(33, 'canary'),
        lab: { weight: 33, url: 'http://10.0.0.1' },
      },
    },
    {
      name: '80/15/5',
      releases: { v32: own(80, 'stable'), v33: own(15, 'canary'), groq: { weight: 5, endpoint: true } },
    },
  ])('$name', { timeout: 120_000 }, async ({ releases }) => {
    const environment = environmentOf({ [MODEL]: releases }, 'rollout-7');
    const server = await startFakeServer();
    const targets = Object.keys(releases).map((name) => [`${MODEL}_${name}`, [server]]);
    const router = await startRouter(environment, Object.fromEntries(targets), `127.0.0.1:${server.port}`);

    const keys = seededKeys(3_000);
    const answered = await answeredBy(router.port, keys, 'x-fleet-release');

    const split = splitOf(weightedReleases(environment, MODEL));
    const predicted = keys.map((key) => predictRelease(split, 'rollout-7', key));
    expect(new Set(predicted)).toEqual(new Set(Object.keys(releases)));
    expect(keys.filter((_, index) => answered[index] !== predicted[index])).toEqual([]);
  });
});

describe('a growing canary beside a third release', () => {
  const at = (canary: number) =>
    environmentOf(
      { [MODEL]: { v32: own(95 - canary, 'stable'), v33: own(canary, 'canary'), lab: LAB } },
      'rollout-7',
    );
  const keys = seededKeys(2_000);
  const answersAt = async (environment: Environment) => {
    const server = await startFakeServer();
    const targets = ['v32', 'v33', 'lab'].map((name) => [`${MODEL}_${name}`, [server]]);
    const router = await startRouter(environment, Object.fromEntries(targets));
    return answeredBy(router.port, keys, 'x-fleet-release');
  };
  const predictedAt = (canary: number) => {
    const split = splitOf(weightedReleases(at(canary), MODEL));
    return keys.map((key) => predictRelease(split, 'rollout-7', key));
  };

  test('5, 10, 20 %: only the predicted keys move, all from stable to canary', async () => {
    const steps = [5, 10, 20];
    const answers = await Promise.all(steps.map((canary) => answersAt(at(canary))));
    for (const [index, canary] of steps.entries()) {
      expect(answers[index]).toEqual(predictedAt(canary));
      if (index === 0) continue;
      const moves = keys.flatMap((_, key) => {
        const [before, after] = [answers[index - 1]?.[key], answers[index]?.[key]];
        return before === after ? [] : [`${before} to ${after}`];
      });
      expect(new Set(moves)).toEqual(new Set(['v32 to v33']));
    }
  });

  test('another salt at canary 0 moves nobody', async () => {
    const salted = environmentOf(
      { [MODEL]: { v32: own(95, 'stable'), v33: own(0, 'canary'), lab: LAB } },
      'rollout-8',
    );
    expect(await answersAt(salted)).toEqual(await answersAt(at(0)));
  });
});

test('10,000 random keys are shared as the weights say; a fair router fails this once in a million runs', async () => {
  const shares: Readonly<Record<string, number>> = { v32: 0.8, v33: 0.15, lab: 0.05 };
  const releases = { v32: own(80, 'stable'), v33: own(15, 'canary'), lab: LAB };
  const server = await startFakeServer();
  const targets = Object.keys(shares).map((name) => [`${MODEL}_${name}`, [server]]);
  const router = await startRouter(environmentOf({ [MODEL]: releases }), Object.fromEntries(targets));
  const keys = Array.from({ length: 10_000 }, () => randomBytes(16).toString('hex'));
  const answered = await answeredBy(router.port, keys, 'x-fleet-release');
  const chiSquare = Object.entries(shares).reduce((sum, [name, share]) => {
    const expected = share * keys.length;
    return sum + (answered.filter((release) => release === name).length - expected) ** 2 / expected;
  }, 0);
  /** With three releases, two degrees of freedom, the chance of more than x is e^(-x/2). */
  expect(Math.exp(-chiSquare / 2)).toBeGreaterThan(1e-6);
}, 60_000);

describe('within a release', () => {
  const environment = environmentOf({ [MODEL]: { v32: { weight: 100, role: 'stable' } } });
  const nameOf = ({ address, port }: ServerAddress) => `${address}:${port}`;

  test('each of 2,000 keys goes to the server that was predicted offline', { timeout: 60_000 }, async () => {
    const servers = await Promise.all(Array.from({ length: 5 }, () => startFakeServer()));
    const router = await startRouter(environment, { [`${MODEL}_v32`]: servers });

    const keys = seededKeys(2_000);
    const answered = await answeredBy(router.port, keys, 'x-fleet-server');

    const predict = serverPrediction(servers);
    const predicted = keys.map((key) => nameOf(predict(key) ?? { address: 'none', port: 0 }));
    expect(new Set(predicted).size).toBe(5);
    expect(keys.filter((_, index) => answered[index] !== predicted[index])).toEqual([]);
  });

  test('the same key goes to the same server over all workers and connections', async () => {
    const servers = await Promise.all(Array.from({ length: 4 }, () => startFakeServer()));
    const router = await startRouter(environment, { [`${MODEL}_v32`]: servers });
    const answered = await answeredBy(
      router.port,
      Array.from({ length: 200 }, () => 'one-key'),
      'x-fleet-server',
    );
    expect(new Set(answered).size).toBe(1);
  });

  test('a server that goes takes away only its own keys', () => {
    const servers = [8000, 8001, 8002, 8003].map((port) => ({ address: '10.0.0.1', port }));
    const [gone, ...left] = servers;
    const moved = seededKeys(2_000).filter(
      (key) =>
        predictServer(servers, key) !== gone && predictServer(servers, key) !== predictServer(left, key),
    );
    expect(moved).toEqual([]);
  });

  test('no servers predict none', () => {
    expect(predictServer([], 'key')).toBeUndefined();
  });
});
