import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failure, GoogleApi } from '../support/google-api.ts';
import { fixture, openWorkplace, type Workplace } from './support.ts';

const VALUE = 'correct horse battery staple';

let workplace: Workplace;
let google: GoogleApi;

beforeEach(async () => {
  workplace = openWorkplace();
  google = new GoogleApi();
  await google.start();
  workplace.write('environments/prod.yaml', fixture('environments/good/google.yaml'));
  workplace.write('environments/local.yaml', fixture('environments/good/process.yaml'));
});

afterEach(async () => {
  await google.stop();
  await workplace.close();
});

const fleet = (args: readonly string[], input = '') => workplace.fleet(args, google.env, undefined, input);
const setRouterKey = (input: string) => fleet(['secret', 'set', 'prod', 'router-key'], input);

describe('fleet secret set', () => {
  test('makes the secret, then gives it versions, and never shows the value', async () => {
    const first = await setRouterKey(`${VALUE}\n`);
    expect(first).toEqual({
      code: 0,
      stdout: 'secret router-key of prod: created (google fleet-router-key)\n',
      stderr: '',
    });
    const second = await setRouterKey('another');
    expect(second.stdout).toBe('secret router-key of prod: new version (google fleet-router-key)\n');
    expect(google.secrets.get('fleet-router-key')).toEqual([VALUE, 'another']);
  });

  test.each(['', '\n', '  \n'])('refuses the empty value %j and writes nothing', async (input) => {
    expect(await setRouterKey(input)).toEqual({
      code: 2,
      stdout: '',
      stderr: 'router-key: the value is empty; nothing was written\n',
    });
    expect(google.requests).toEqual([]);
  });

  test('takes no value from the command line', async () => {
    const { code, stderr } = await fleet(['secret', 'set', 'prod', 'router-key', VALUE]);
    expect(code).toBe(2);
    expect(stderr).not.toContain(VALUE);
  });

  test('names the nearest secret', async () => {
    expect(await fleet(['secret', 'set', 'prod', 'ruter-key'], VALUE)).toMatchObject({
      code: 2,
      stderr: 'prod has no secret "ruter-key"; did you mean router-key? (known: gateway-keys, router-key)\n',
    });
  });

  test('API keys are made by fleet key', async () => {
    expect(await fleet(['secret', 'set', 'prod', 'gateway-keys'], VALUE)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^gateway-keys holds the hashes of the API keys.*`fleet key create <id> prod`/,
      ),
    });
  });

  test('says why the cloud refused, without the value', async () => {
    google.refusals.set('/secretmanager', failure(403, 'Permission denied on resource'));
    const { code, stdout, stderr } = await setRouterKey(VALUE);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^127\.0\.0\.1:\d+: Permission denied on resource\n$/);
  });

  test('a file on one’s own host is its owner’s alone', async () => {
    expect(await fleet(['secret', 'set', 'local', 'router-key'], VALUE)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^secret router-key of local: created \(file \S+\)\n$/),
    });
    const path =
      /\(file (\S+)\)/.exec((await fleet(['secret', 'set', 'local', 'router-key'], VALUE)).stdout)?.[1] ?? '';
    expect(workplace.read(path)).toBe(VALUE);
    expect(statSync(workplace.path(path)).mode & 0o777).toBe(0o600);
  });
});

describe('fleet secret list', () => {
  test('says which have a value', async () => {
    google.secrets.set('fleet-router-key', [VALUE]);
    google.secrets.set('fleet-gateway-keys', [undefined]);
    const { code, stdout } = await fleet(['secret', 'list', 'prod']);
    expect(code).toBe(0);
    expect(stdout.replaceAll(/ {2,}/g, '  ')).toBe(
      [
        'secret  kept in  value',
        'gateway-keys  google fleet-gateway-keys  empty',
        'router-key  google fleet-router-key  present',
        '',
      ].join('\n'),
    );
    expect(google.requests.filter((request) => request.includes(':access'))).toEqual([]);
  });

  test('an answer that did not come is unknown, never absent', async () => {
    google.refusals.set('/secretmanager', failure(403, 'Permission denied'));
    const { stdout } = await fleet(['secret', 'list', 'prod', '--json']);
    expect(JSON.parse(stdout).secrets[0]).toMatchObject({
      name: 'gateway-keys',
      state: 'unknown',
      why: expect.stringContaining('Permission denied'),
    });
  });

  test('without credentials says how to log in', async () => {
    const nobody = {
      ...google.env,
      GOOGLE_OAUTH_ACCESS_TOKEN: '',
      HOME: workplace.project,
      METADATA_SERVER_DETECTION: 'none',
    };
    const { stdout } = await workplace.fleet(['secret', 'list', 'prod', '--json'], nobody);
    expect(JSON.parse(stdout).secrets[0]).toMatchObject({
      state: 'unknown',
      why: expect.stringMatching(
        /^no Google credentials \(.*\); run `gcloud auth application-default login`$/,
      ),
    });
  });
});

describe('fleet key with keys in the cloud', () => {
  test('creates, lists and revokes in the secret', async () => {
    const { code, stdout, stderr } = await fleet(['key', 'create', 'team', 'prod']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^fleet-[\w-]{43}\n$/);
    expect(stderr).toContain('key team of prod is created (google secret fleet-gateway-keys)');
    expect(google.secrets.get('fleet-gateway-keys')?.[0]).not.toContain(stdout.trim());
    expect((await fleet(['key', 'list', 'prod'])).stdout).toMatch(/^team .* no +[0-9a-f]{8}$/m);
    expect((await fleet(['key', 'revoke', 'team', 'prod'])).code).toBe(0);
    expect(google.secrets.get('fleet-gateway-keys')).toHaveLength(2);
    expect(JSON.parse(google.secrets.get('fleet-gateway-keys')?.[1] ?? '')).toEqual([]);
  });
});
