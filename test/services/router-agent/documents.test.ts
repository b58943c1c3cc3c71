import { describe, expect, test } from 'vitest';
import { findCandidates, parseServers } from '../../../services/router-agent/candidates.ts';
import { verifyDocument } from '../../../services/router-agent/document.ts';
import { hopKeyMap } from '../../../services/router-agent/hop-key.ts';
import { serversFile, serversTag } from '../../../services/router-agent/servers.ts';
import { routerDocument, serversDocument } from '../../../workloads/router.ts';
import { environmentOf, template } from '../../workloads/router-support.ts';
import { spawnAgent } from './support.ts';

const environment = environmentOf({
  'gpt-oss-120b': {
    v32: { weight: 60, role: 'stable' },
    lab: { weight: 30, url: 'http://10.0.0.9:8000' },
    groq: { weight: 10, endpoint: true },
  },
});
const addresses = { listen: '127.0.0.1:8090', adminListen: '127.0.0.1:8092', egress: '127.0.0.1:8091' };
const nowhere = async (): Promise<readonly string[]> => [];

test('a rendered document has the version it says, and includes the servers that the servers document lists', async () => {
  const { text, version } = routerDocument(environment, addresses, template);
  const verified = verifyDocument(text);
  expect(verified.version).toBe(version);
  const document = serversDocument(environment, ({ port }) => ({ address: '10.0.0.1', port }));
  const releases = await findCandidates(parseServers(JSON.stringify(document)), [], nowhere);
  expect(releases.map(({ target }) => target)).toEqual(verified.targets);
});

describe('the servers file of a release', () => {
  const up = (address: string) => ({ address, down: false });
  test.each([
    ['no server', { servers: [] }, ['server 127.0.0.1:9 down;']],
    ['one server', { servers: [up('10.0.0.1:8000')] }, ['server 10.0.0.1:8000 max_fails=0;']],
    [
      'two servers, of which one is down',
      { servers: [up('10.0.0.1:8000'), { address: '[fd00::1]:8000', down: true }] },
      [
        'server 10.0.0.1:8000 max_fails=3 fail_timeout=10s;',
        'server [fd00::1]:8000 max_fails=3 fail_timeout=10s down;',
      ],
    ],
    [
      'bounded servers',
      { servers: [up('10.0.0.1:8000'), up('10.0.0.2:8000')], maxConnections: 64 },
      [
        'server 10.0.0.1:8000 max_conns=64 max_fails=3 fail_timeout=10s;',
        'server 10.0.0.2:8000 max_conns=64 max_fails=3 fail_timeout=10s;',
      ],
    ],
  ])('with %s', (_, servers, lines) => {
    expect(serversFile(servers)).toBe(`${lines.join('\n')}\n`);
  });

  test('has another tag when one of them is down', () => {
    const tag = (down: boolean) =>
      serversTag(['m_r'], new Map([['m_r', { servers: [{ address: '10.0.0.1:80', down }] }]]));
    expect(tag(true)).not.toBe(tag(false));
  });
});

describe('the servers of a release', () => {
  const find = async (
    entry: object,
    machines: Parameters<typeof findCandidates>[1] = [],
    lookup = nowhere,
  ) => {
    const document = parseServers(JSON.stringify({ releases: [{ model: 'm', release: 'r', ...entry }] }));
    const [release] = await findCandidates(document, machines, lookup);
    return release?.candidates ?? [];
  };

  test('do not depend on the order in which they were found, nor on doubles', async () => {
    const on = (ports: readonly number[]) => ({
      servers: ports.map((port) => ({ address: '10.0.0.1', port })),
    });
    expect(await find(on([8001, 8000]))).toEqual(await find(on([8000, 8001, 8000])));
  });

  test('are at every address of a name', async () => {
    const lookup = async () => ['10.0.0.2', 'fd00::1', '10.0.0.1'];
    const found = await find({ servers: [{ address: 'vllm', port: 80 }] }, [], lookup);
    expect(found.map(({ address }) => address)).toEqual(['10.0.0.1:80', '10.0.0.2:80', '[fd00::1]:80']);
    expect(found[0]?.check).toEqual({ url: 'http://10.0.0.1:80/health', knowsServer: false });
  });

  test('are those of its machines, each asked by the number that its node knows it by', async () => {
    const machines = [
      { model: 'm', release: 'r', address: '10.0.0.2' },
      { model: 'm', release: 'other', address: '10.0.0.3' },
      { model: 'other', release: 'r', address: '10.0.0.4' },
      { model: 'm', release: 'r', address: '10.0.0.1' },
    ];
    const found = await find({ ports: [8000, 8001] }, machines);
    expect(found.map(({ address, check }) => [address, check.url])).toEqual([
      ['10.0.0.1:8000', 'http://10.0.0.1:9101/ready/1'],
      ['10.0.0.1:8001', 'http://10.0.0.1:9101/ready/2'],
      ['10.0.0.2:8000', 'http://10.0.0.2:9101/ready/1'],
      ['10.0.0.2:8001', 'http://10.0.0.2:9101/ready/2'],
    ]);
  });
});

describe('the hop key', () => {
  test('becomes a pattern in which no character has a meaning', () => {
    expect(hopKeyMap('aZ9.$"\\')).toBe('"~^aZ9\\x2e\\x24\\x22\\x5c$" 1;\n');
  });

  test.each(['', 'two words', 'line\nbreak', 'ümlaut'])('%j is refused', (key) => {
    expect(() => hopKeyMap(key)).toThrow(/printable ASCII/);
  });
});

describe('wrong options end the program with code 2 and the usage', () => {
  const all = ['--prefix', 'p', '--document', 'd', '--servers', 's', '--admin', 'http://127.0.0.1:1'];
  test.each([
    [[], '--prefix, --document, --servers, --admin, --listen missing'],
    [['--settings', 'nowhere.json'], 'ENOENT'],
    [['--settings', 'package.json', '--prefix', 'p'], 'give either --settings or the other options'],
    [[...all, '--listen', '127.0.0.1:1'], 'give either --hop-key-file or --hop-key-env'],
    [[...all, '--listen', 'here', '--hop-key-env', 'KEY'], '✖ must be host:port'],
    [[...all, '--lisen', 'x'], "Unknown option '--lisen'"],
  ])('%j', async (options, message) => {
    const agent = spawnAgent(options);
    const code = await new Promise((resolve) => agent.process.on('close', resolve));
    expect(code).toBe(2);
    expect(agent.output()).toContain(`router-agent: ${message}`);
    expect(agent.output()).toContain('router-agent --prefix FOLDER');
  });
});
