import { describe, expect, test } from 'vitest';
import { verifyDocument } from '../../../services/router-agent/document.ts';
import { hopKeyMap } from '../../../services/router-agent/hop-key.ts';
import {
  parseServers,
  resolveServers,
  serversFile,
  serversTag,
} from '../../../services/router-agent/servers.ts';
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
const nowhere = async () => [];

test('a rendered document has the version it says, and includes the servers that the servers document lists', async () => {
  const { text, version } = routerDocument(environment, addresses, template);
  const verified = verifyDocument(text);
  expect(verified.version).toBe(version);
  const document = serversDocument(environment, ({ port }) => ({ address: '10.0.0.1', port }));
  const servers = await resolveServers(parseServers(JSON.stringify(document)), nowhere);
  expect([...servers.keys()]).toEqual(verified.targets);
});

describe('the servers file of a release', () => {
  test.each([
    ['no server', [], ['server 127.0.0.1:9 down;']],
    [
      'one server',
      ['10.0.0.1:8000'],
      ['server 10.0.0.1:8000 max_fails=3 fail_timeout=10s;', 'server 127.0.0.1:9 down;'],
    ],
    [
      'two servers',
      ['10.0.0.1:8000', '[fd00::1]:8000'],
      [
        'server 10.0.0.1:8000 max_fails=3 fail_timeout=10s;',
        'server [fd00::1]:8000 max_fails=3 fail_timeout=10s;',
      ],
    ],
  ])('with %s', (_, servers, lines) => {
    expect(serversFile(servers)).toBe(`${lines.join('\n')}\n`);
  });

  test('does not depend on the order in which servers were found, nor on doubles', async () => {
    const found = (ports: readonly number[]) =>
      resolveServers(
        {
          releases: [
            { model: 'm', release: 'r', servers: ports.map((port) => ({ address: '10.0.0.1', port })) },
          ],
        },
        nowhere,
      );
    const [one, other] = [await found([8001, 8000]), await found([8000, 8001, 8000])];
    expect(one).toEqual(other);
    expect(serversTag(['m_r'], one)).toBe(serversTag(['m_r'], other));
  });

  test('lists every address of a name', async () => {
    const servers = await resolveServers(
      { releases: [{ model: 'm', release: 'r', servers: [{ address: 'vllm', port: 80 }] }] },
      async () => ['10.0.0.2', 'fd00::1', '10.0.0.1'],
    );
    expect(servers.get('m_r')).toEqual(['10.0.0.1:80', '10.0.0.2:80', '[fd00::1]:80']);
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
    [[], '--prefix is missing'],
    [[...all, '--listen', '127.0.0.1:1'], 'give either --hop-key-file or --hop-key-env'],
    [[...all, '--listen', 'here', '--hop-key-env', 'KEY'], '--listen must be host:port, got here'],
    [[...all, '--lisen', 'x'], "Unknown option '--lisen'"],
  ])('%j', async (options, message) => {
    const agent = spawnAgent(options);
    const code = await new Promise((resolve) => agent.process.on('close', resolve));
    expect(code).toBe(2);
    expect(agent.output()).toContain(`router-agent: ${message}`);
    expect(agent.output()).toContain('router-agent --prefix FOLDER');
  });
});
