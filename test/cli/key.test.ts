import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ProcessTopology } from '../../constructs/process/process-topology.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { edgeDocument } from '../../workloads/gateway.ts';
import { type LocalEnvironment, openLocalEnvironment } from './local-environment.ts';
import { fixture, type Ran, ROOT } from './support.ts';

const MANIFEST = 'cdktf.out/stacks/local/documents/gateway/part.json';
const KEY = /^fleet-[\w-]{43}\n$/;

let local: LocalEnvironment;

beforeEach(async () => {
  local = await openLocalEnvironment();
});

afterEach(() => local.close());

const keys = () => JSON.parse(local.read('keys.json'));
const hashOf = (key: string) => createHash('sha256').update(key).digest('hex');

/** Starts the real gateway as a part of the environment. */
async function startGateway(): Promise<void> {
  const text = local.read('environments/local.yaml');
  const environment = parseEnvironment({ path: 'environments/local.yaml', text });
  const { port, adminPort } = environment.gateway;
  const document = edgeDocument(environment, {
    ...new ProcessTopology(environment),
    secret: (name) => ({ file: name === 'api-keys' ? 'keys.json' : 'hop-key' }),
    simulatedAuthority: () => '',
  });
  local.write('gateway.json', document.text);
  local.write('hop-key', 'hop');
  local.synthesize({
    name: 'gateway',
    command: [
      ...[process.execPath, join(ROOT, 'dist/services/gateway.js'), '--config', 'gateway.json'],
      ...['--listen', `127.0.0.1:${port}`, '--admin', `127.0.0.1:${adminPort}`],
    ],
    ready: { url: `http://127.0.0.1:${adminPort}/ready`, timeoutSeconds: 10 },
  });
  expect(await local.fleet(['part', 'up', MANIFEST])).toMatchObject({ code: 0 });
}

async function statusWith(key: string): Promise<number> {
  const url = `http://127.0.0.1:${local.gatewayPort}/v1/models`;
  return (await fetch(url, { headers: { authorization: `Bearer ${key}` } })).status;
}

describe('with a running gateway', () => {
  beforeEach(startGateway);

  test('a new key works and a revoked one does not, as soon as fleet has ended', async () => {
    const created = await local.fleet(['key', 'create', 'team-a']);
    expect(created).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(KEY),
      stderr: 'key team-a of local is created (keys.json); the running gateway knows it\n',
    });
    const key = created.stdout.trim();
    const pid = local.pid('gateway');
    expect(await statusWith(key)).toBe(200);

    expect(await local.fleet(['key', 'revoke', 'team-a'])).toEqual({
      code: 0,
      stdout: 'key team-a of local is revoked (keys.json); the running gateway knows it\n',
      stderr: '',
    });
    expect(await statusWith(key)).toBe(401);
    expect(await statusWith('local')).toBe(200);
    expect(local.pid('gateway')).toBe(pid);
  });

  test('keys that are made at the same time all work', async () => {
    const created = await Promise.all(['a', 'b', 'c'].map((id) => local.fleet(['key', 'create', id])));
    for (const { code, stdout } of created) {
      expect(code).toBe(0);
      expect(await statusWith(stdout.trim())).toBe(200);
    }
    expect(keys()).toHaveLength(4);
  });

  test('the key is printed although the gateway refuses its configuration, and the exit code says so', async () => {
    local.write('gateway.json', '{');
    const { code, stdout, stderr } = await local.fleet(['key', 'create', 'team-a']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(KEY) });
    expect(stderr).toContain('the gateway goes on with the keys that it had: gateway.json: not valid JSON');
    expect(await statusWith('local')).toBe(200);
  });
});

describe('create', () => {
  test('stores id, hash and pin, and nothing else', async () => {
    const { stdout } = await local.fleet(['key', 'create', 'team-a', '--pin']);
    await local.fleet(['key', 'create', 'team-b']);
    expect(keys()).toEqual([
      { id: 'local', sha256: hashOf('local'), pin: true },
      { id: 'team-a', sha256: hashOf(stdout.trim()), pin: true },
      { id: 'team-b', sha256: expect.stringMatching(/^[0-9a-f]{64}$/), pin: false },
    ]);
    expect(local.read('keys.json')).not.toContain(stdout.trim());
  });

  test('stores models and limits, of which list shows what holds', async () => {
    const text = local.read('environments/local.yaml');
    const limits = 'limits: { parallel: 20, usdPerDay: 5 }';
    local.write('environments/local.yaml', text.replace('keys: api-keys', `keys: api-keys, ${limits}`));
    const flags = ['--models', 'gpt-oss-20b', '--requests-per-minute', '60', '--usd-per-month', '12.5'];
    expect(await local.fleet(['key', 'create', 'team-a', ...flags, '--usd-per-day', 'none'])).toMatchObject({
      code: 0,
    });
    expect(keys()[1]).toEqual({
      ...{ id: 'team-a', sha256: expect.any(String), pin: false },
      models: ['gpt-oss-20b'],
      limits: { requestsPerMinute: 60, usdPerDay: null, usdPerMonth: 12.5 },
    });
    expect(JSON.parse((await local.fleet(['key', 'list', '--json'])).stdout).keys).toMatchObject([
      { id: 'local', limits: { parallel: 20, usdPerDay: 5 } },
      { id: 'team-a', limits: { requestsPerMinute: 60, parallel: 20, usdPerMonth: 12.5 } },
    ]);
    await local.fleet(['key', 'create', 'team-b']);
    expect(keys()[1].limits.requestsPerMinute).toBe(60);
  });

  test.each([
    [['--parallel', '0'], /--parallel <count>.*none or a number/],
    [['--usd-per-day', 'much'], /--usd-per-day <dollars>.*none or a number/],
    [['--models', 'gpt-oss-20'], /--models: local has no model "gpt-oss-20"; did you mean gpt-oss-20b/],
  ])('refuses %j and changes nothing', async (flags, message) => {
    const before = local.read('keys.json');
    const { code, stderr } = await local.fleet(['key', 'create', 'team-a', ...flags]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    expect(local.read('keys.json')).toBe(before);
  });

  test('says that no gateway runs', async () => {
    expect((await local.fleet(['key', 'create', 'team-a'])).stderr).toBe(
      'key team-a of local is created (keys.json); no gateway of local runs here, it counts from its start\n',
    );
  });

  test('with --json prints the key in the one document', async () => {
    const { stdout } = await local.fleet(['key', 'create', 'team-a', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      ...{ environment: 'local', id: 'team-a', action: 'created', file: 'keys.json' },
      ...{ gateway: { state: 'absent' }, key: expect.stringMatching(/^fleet-/) },
    });
  });

  test.each([
    [
      'local',
      'keys.json has a key local already; choose another id or revoke it: fleet key revoke local local\n',
    ],
    ['Team A', 'a key\'s id has lower-case letters, digits and hyphens, at most 63, got "Team A"\n'],
  ])('refuses the id %s and changes nothing', async (id, message) => {
    const before = local.read('keys.json');
    expect(await local.fleet(['key', 'create', id])).toEqual({ code: 2, stdout: '', stderr: message });
    expect(local.read('keys.json')).toBe(before);
  });

  test.each([0o600, 0o640, 0o666])(
    'keeps the mode %o of the file, and leaves nothing beside it',
    async (mode) => {
      chmodSync(local.path('keys.json'), mode);
      const before = readdirSync(local.project);
      await local.fleet(['key', 'create', 'team-a']);
      expect(statSync(local.path('keys.json')).mode & 0o777).toBe(mode);
      expect(readdirSync(local.project)).toEqual(before);
    },
  );

  test('makes a missing file, for its owner alone', async () => {
    const text = local.read('environments/local.yaml');
    local.write('environments/local.yaml', text.replace('file: keys.json', 'file: new/keys.json'));
    await local.fleet(['key', 'create', 'team-a']);
    expect(JSON.parse(local.read('new/keys.json'))).toHaveLength(1);
    expect(statSync(local.path('new/keys.json')).mode & 0o777).toBe(0o600);
  });

  test('follows a link to the file', async () => {
    local.write('kept/keys.json', '[]');
    symlinkSync(local.path('kept/keys.json'), local.path('link.json'));
    const text = local.read('environments/local.yaml');
    local.write('environments/local.yaml', text.replace('file: keys.json', 'file: link.json'));
    await local.fleet(['key', 'create', 'team-a']);
    expect(JSON.parse(local.read('kept/keys.json'))).toHaveLength(1);
  });

  test('does not overwrite a file that holds something else, and does not show it', async () => {
    local.write('keys.json', '[{ "key": "in-clear" }]');
    const ran = await local.fleet(['key', 'create', 'team-a']);
    expect(ran).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: 'keys.json: must hold a JSON list of {id, sha256, pin}, one for each API key\n',
    });
    expect(local.read('keys.json')).toContain('in-clear');
  });
});

describe('list', () => {
  test('shows ids, models, limits, pins and the beginnings of hashes', async () => {
    const { code, stdout } = await local.fleet(['key', 'list']);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: [
        'id     models  requests/min  tokens/min  parallel  USD/day  USD/month  pin  hash begins with',
        'local  all     -             -           -         -        -          yes  25bf8e1a',
        '',
      ].join('\n'),
    });
  });

  test('never shows a whole hash, in any form', async () => {
    const all: Ran[] = [];
    for (const args of [['list'], ['list', '--json'], ['create', 'a'], ['revoke', 'a', '--json']])
      all.push(await local.fleet(['key', ...args]));
    expect(all.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(JSON.stringify(all)).not.toMatch(/[0-9a-f]{16}/);
  });
});

describe('revoke', () => {
  test('an unknown id gets the nearest one', async () => {
    expect(await local.fleet(['key', 'revoke', 'locl'])).toEqual({
      ...{ code: 2, stdout: '' },
      stderr: 'keys.json has no key "locl"; did you mean local? (known: local)\n',
    });
  });

  test('of the last key leaves an empty list', async () => {
    expect((await local.fleet(['key', 'revoke', 'local'])).code).toBe(0);
    expect(keys()).toEqual([]);
    expect((await local.fleet(['key', 'list'])).stdout).toBe(
      'keys.json has no keys; `fleet key create <id> local` makes the first one\n',
    );
  });
});

test('keys in an environment variable cannot be changed from here', async () => {
  local.write(
    'environments/prod.yaml',
    fixture('environments/good/docker.yaml').replace(/\{ file: [^}]*\}/, '{ env: GATEWAY_KEYS }'),
  );
  const { code, stderr } = await local.fleet(['key', 'list', 'prod']);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(
      /is the environment variable GATEWAY_KEYS, which fleet cannot change; keep the keys in a file\n$/,
    ),
  });
});
