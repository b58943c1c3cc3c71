import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { setValue } from '../../cli/environment-edit.ts';
import { registryAdvice } from '../../cli/image-repository.ts';
import { openWorkplace, ROOT, type Workplace } from './support.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const ZEROS = `sha256:${'0'.repeat(64)}`;
const REPOSITORY = '123456789012.dkr.ecr.us-east-1.amazonaws.com/fleet/gateway';
const PATH = ['images', 'gateway'] as const;

describe('one value is set in place', () => {
  test.each([
    [
      'a value',
      'images: # ours\n  a: 1\n  gateway: old # note\n',
      'images: # ours\n  a: 1\n  gateway: r@d # note\n',
    ],
    ['a quoted value', 'images: { gateway: "old" }\n', 'images: { gateway: "r@d" }\n'],
    ['a flow map', 'images: { a: 1 }\nb: 2\n', 'images: { gateway: r@d, a: 1 }\nb: 2\n'],
    ['an empty flow map', 'images: {}\n', 'images: { gateway: r@d }\n'],
    ['a block', 'images:\n  # first\n  a: 1\n', 'images:\n  # first\n  gateway: r@d\n  a: 1\n'],
    ['nothing', '# top\nb: 2 # two', '# top\nb: 2 # two\n\nimages:\n  gateway: r@d\n'],
    ['the same', 'images: { gateway: r@d }\n', 'images: { gateway: r@d }\n'],
  ])('into %s', (_what, before, after) => {
    expect(setValue(before, PATH, 'r@d')).toBe(after);
  });

  test('or not at all, where it is shared with another key', () => {
    expect(() => setValue('x: &x old\nimages: { gateway: *x }\n', PATH, 'r@d')).toThrow(/write by hand: r@d/);
  });
});

test.each([
  [
    'an ECR login',
    REPOSITORY,
    'no basic auth credentials',
    'aws ecr get-login-password --region us-east-1 | docker login',
  ],
  [
    'an ECR repository',
    REPOSITORY,
    'name unknown: it does not exist',
    'create-repository --region us-east-1 --repository-name fleet/gateway',
  ],
  [
    'a Google login',
    'us-central1-docker.pkg.dev/p/fleet/gateway',
    'denied: Unauthenticated request',
    'gcloud auth configure-docker us-central1-docker.pkg.dev',
  ],
])('%s is advised by its exact command', (_what, repository, complaint, command) => {
  expect(registryAdvice(repository, complaint)).toContain(command);
});

describe('fleet image', () => {
  let workplace: Workplace;

  beforeEach(() => {
    workplace = openWorkplace();
    for (const path of ['templates/docker', 'dist/services'])
      cpSync(join(ROOT, path), workplace.path('..', 'toolkit', path), { recursive: true });
    workplace.write(
      'environments/staging.yaml',
      'platform: aws\naws: { account: "123456789012", region: us-east-1 } # place\n',
    );
  });

  afterEach(() => workplace.close());

  /** A docker that notes how it is called and what it is given. */
  const docker = (push: string) =>
    workplace.program(
      'docker',
      `#!/bin/sh
echo "$*" >> ${workplace.path('calls')}
case "$1" in
  build) for folder; do :; done; ls "$folder" > ${workplace.path('context')} ;;
  image) echo "${DIGEST} 1000000" ;;
  push) ${push} ;;
esac
`,
    );
  const push = () => workplace.fleet(['image', 'push', 'staging', '--tag', 't1', '--json']);
  const file = () => workplace.read('environments/staging.yaml');

  test('push builds the lean target and writes the digest; the second time the file stays', async () => {
    docker(`echo "t1: digest: ${DIGEST} size: 9"`);
    const first = await push();
    expect({ code: first.code, ...JSON.parse(first.stdout) }).toMatchObject({
      code: 0,
      image: `${REPOSITORY}:t1`,
      reference: `${REPOSITORY}@${DIGEST}`,
      changed: true,
    });
    expect(file()).toContain('# place\n');
    expect(parse(file()).images).toEqual({ gateway: `${REPOSITORY}@${DIGEST}` });
    expect(workplace.read('context').split('\n').filter(Boolean).toSorted()).toEqual([
      'Dockerfile',
      'gateway-tokens.mjs',
      'gateway.mjs',
      'probe.mjs',
    ]);
    expect(workplace.read('calls')).toMatch(/^build --platform linux\/amd64 --target gateway /);
    const text = file();
    expect(JSON.parse((await push()).stdout)).toMatchObject({ changed: false });
    expect(file()).toBe(text);
  });

  test('a repository that the file names is kept, its placeholder replaced', async () => {
    docker(`echo "t1: digest: ${DIGEST} size: 9"`);
    workplace.write(
      'environments/staging.yaml',
      `platform: aws\nimages: { gateway: localhost:5000/g@${ZEROS} }\n`,
    );
    expect((await push()).code).toBe(0);
    expect(file()).toBe(`platform: aws\nimages: { gateway: localhost:5000/g@${DIGEST} }\n`);
  });

  test('a refused push says the login and leaves the file', async () => {
    docker('echo "no basic auth credentials" >&2; exit 1');
    const before = file();
    expect(await push()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('aws ecr get-login-password'),
    });
    expect(file()).toBe(before);
  });

  test('an engine that is down is named', async () => {
    workplace.program('docker', '#!/bin/sh\necho "Cannot connect to the Docker daemon at x" >&2; exit 1\n');
    expect(await push()).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('engine does not answer'),
    });
  });

  test('a platform without a registry is refused', async () => {
    workplace.write('environments/staging.yaml', 'platform: docker\n');
    expect(await push()).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('builds what it runs itself'),
    });
  });
});
