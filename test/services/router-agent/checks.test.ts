import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { after, createChecks, type Health, listed } from '../../../services/router-agent/checks.ts';
import { createFleetServers } from '../../../services/router-agent/fleet-servers.ts';
import { probe, type Verdict } from '../../../services/router-agent/probe.ts';
import { freePort, startFakeServer, until } from '../../workloads/router-support.ts';

/** What is believed of a server after each of these answers: + ready, - not ready, . silent. */
function beliefs(answers: string): string {
  const verdicts: Record<string, Verdict> = { '+': 'ready', '-': 'not ready', '.': 'silent' };
  let health: Health | undefined;
  return [...answers]
    .map((answer) => {
      health = after(health, verdicts[answer] ?? 'silent');
      return health.up ? 'u' : 'd';
    })
    .join('');
}

test.each([
  ['the first answer decides', '+', 'u'],
  ['the first answer decides', '-', 'd'],
  ['one bad answer changes nothing', '+-+.+', 'uuuuu'],
  ['two bad answers in a row do', '+--', 'uud'],
  ['silence counts as bad', '+.-', 'uud'],
  ['one that starts is up with its first good answer', '..-+', 'dddu'],
  ['one that went down needs two', '+--+-++', 'uuddddu'],
])('%s: %s', (_, answers, expected) => {
  expect(beliefs(answers)).toBe(expected);
});

const candidate = (name: string) => ({
  address: `${name}:8000`,
  check: { url: `http://${name}/`, knowsServer: true },
});

test.each([
  ['servers that are not up are down', { a: '+', b: '-', c: '.' }, 'a'],
  ['where none is up, those that gave no answer are tried', { a: '-', b: '.', c: '.' }, 'b c'],
  ['where all say that they are not ready, all are down', { a: '-', b: '-' }, ''],
])('%s', (_, answers, used) => {
  const healthOf = ({ check }: { readonly check: { readonly url: string } }): Health => {
    const answer = Object.entries(answers).find(([name]) => check.url.includes(`/${name}/`))?.[1];
    return after(undefined, answer === '+' ? 'ready' : answer === '-' ? 'not ready' : 'silent');
  };
  const servers = listed(Object.keys(answers).map(candidate), healthOf);
  expect(servers.filter(({ down }) => !down).map(({ address }) => address.slice(0, 1))).toEqual(
    used.split(' ').filter((name) => name !== ''),
  );
});

function checksOf(verdictOf: (name: string) => Verdict | Promise<Verdict>) {
  const asked: string[] = [];
  const count = { changes: 0 };
  const checks = createChecks({
    probe: async ({ url }) => {
      const name = new URL(url).hostname;
      asked.push(name);
      return verdictOf(name);
    },
    changed: () => {
      count.changes += 1;
    },
  });
  return { checks, asked, count };
}

test('a server that is new is asked before it is believed, twice if it is silent', async () => {
  const { checks, asked } = checksOf((name) => (name === 'a' ? 'ready' : 'silent'));
  await checks.cover([candidate('a'), candidate('b')]);
  expect(asked.sort()).toEqual(['a', 'b', 'b']);
  expect([checks.healthOf(candidate('a')).up, checks.healthOf(candidate('b')).up]).toEqual([true, false]);
});

test('changes of belief are told, and servers that are gone are forgotten', async () => {
  let verdict: Verdict = 'ready';
  const { checks, count } = checksOf(() => verdict);
  await checks.cover([candidate('a')]);
  await checks.round();
  verdict = 'not ready';
  await checks.round();
  expect(count.changes).toBe(1);
  await checks.round();
  expect(count.changes).toBe(2);
  await checks.cover([]);
  expect(checks.healthOf(candidate('a'))).toMatchObject({ up: false, proven: false });
});

test('a server that owes an answer holds up neither others nor new ones, and is not asked again', async () => {
  let answer = (_: Verdict) => {};
  const late = new Promise<Verdict>((resolve) => {
    answer = resolve;
  });
  const { checks, asked, count } = checksOf((name) => (name === 'late' ? late : 'ready'));
  await checks.cover([candidate('late'), candidate('a')]);
  expect([checks.healthOf(candidate('a')).up, checks.healthOf(candidate('late')).up]).toEqual([true, false]);
  await checks.round();
  expect(asked).toEqual(['late', 'a', 'a']);
  answer('ready');
  await until('the late answer counts', () => checks.healthOf(candidate('late')).up);
  expect(count.changes).toBe(2);
});

describe('a list of machines', () => {
  const document = {
    releases: ['v32', 'v33'].map((release) => ({ model: 'm', release, ports: [8000] })),
  };
  const machine = (release: string, address: string) => ({ model: 'm', release, address });
  const fleetOf = (verdicts: Record<string, Verdict>) =>
    createFleetServers({
      lookup: async () => [],
      changed: () => {},
      probe: async ({ url }) => verdicts[new URL(url).hostname] ?? 'silent',
    });
  const addressesOf = (releases: Awaited<ReturnType<ReturnType<typeof fleetOf>['find']>>) =>
    releases.map(({ servers }) => servers.map(({ address }) => address));

  test('empties no release while its machines say that they are ready', async () => {
    const verdicts: Record<string, Verdict> = { '10.0.0.1': 'ready', '10.0.0.2': 'not ready' };
    const fleet = fleetOf(verdicts);
    await fleet.find(document, [machine('v32', '10.0.0.1'), machine('v32', '10.0.0.2')]);
    expect(addressesOf(await fleet.find(document, []))).toEqual([['10.0.0.1:8000'], []]);
    verdicts['10.0.0.1'] = 'silent';
    for (let round = 0; round < 2; round += 1) await fleet.check();
    expect(addressesOf(await fleet.find(document, []))).toEqual([[], []]);
  });

  test('is believed where it names other machines, or gives one to another release', async () => {
    const fleet = fleetOf({ '10.0.0.1': 'ready', '10.0.0.2': 'ready' });
    await fleet.find(document, [machine('v32', '10.0.0.1'), machine('v32', '10.0.0.2')]);
    expect(addressesOf(await fleet.find(document, [machine('v32', '10.0.0.2')]))).toEqual([
      ['10.0.0.2:8000'],
      [],
    ]);
    expect(addressesOf(await fleet.find(document, [machine('v33', '10.0.0.2')]))).toEqual([
      [],
      ['10.0.0.2:8000'],
    ]);
  });

  test('is counted by what its servers say', async () => {
    const fleet = fleetOf({ '10.0.0.1': 'ready' });
    const [release] = await fleet.find(document, [machine('v32', '10.0.0.1'), machine('v32', '10.0.0.2')]);
    expect(release).toMatchObject({ up: 1, down: 1 });
  });
});

describe('one question', () => {
  const ask = async (status: number, knowsServer: boolean) => {
    const server = await startFakeServer((_, outgoing) => void outgoing.writeHead(status).end());
    return probe({ url: `http://127.0.0.1:${server.port}/ready/1`, knowsServer });
  };

  test.each([
    [200, true, 'ready'],
    [503, true, 'not ready'],
    [404, true, 'not ready'],
    [200, false, 'ready'],
    [404, false, 'ready'],
    [500, false, 'not ready'],
  ])('answered with %i to one who knows the server: %s, is %s', async (status, knowsServer, expected) => {
    expect(await ask(status, knowsServer)).toBe(expected);
  });

  test('that nobody takes, or nobody answers, is silence', async () => {
    expect(await probe({ url: `http://127.0.0.1:${await freePort()}/`, knowsServer: true })).toBe('silent');
    const server = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as { readonly port: number };
    expect(await probe({ url: `http://127.0.0.1:${port}/`, knowsServer: true })).toBe('silent');
    server.closeAllConnections();
    server.close();
  });
});
