import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { nodeFiles, nodeUserData } from '../../workloads/node-boot.ts';
import { ROOT } from '../support/local-project.ts';
import {
  expectFits,
  expectItsFiles,
  expectKnownToCloudInit,
  expectReviewed,
  expectUnitsOfSystemd,
  run,
} from './machine-support.ts';
import { CLOUDS, eightGpus, type NodeCase, oneGpu, templates } from './node-boot-support.ts';

const CASES: readonly (readonly [string, NodeCase])[] = CLOUDS.flatMap((cloud) => [
  [`${cloud}-latency`, eightGpus(cloud, 'preset: latency')] as const,
  [`${cloud}-balanced`, eightGpus(cloud, 'preset: balanced, drain: 300')] as const,
  [`${cloud}-throughput`, eightGpus(cloud, 'preset: throughput')] as const,
  [`${cloud}-one-gpu`, oneGpu(cloud)] as const,
]);

const folder = mkdtempSync(join(tmpdir(), 'fleet-node-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(CASES)('the user data of %s', (name, { environment, release }) => {
  const props = { environment, release, templates };
  const userData = { name, text: nodeUserData(props).text, files: nodeFiles(props), folder };

  test('is as reviewed', () => expectReviewed(userData));

  test('is valid for cloud-init, and has no key that cloud-init would not know', () =>
    expectKnownToCloudInit(userData));

  test('writes exactly the files that were meant', () => expectItsFiles(userData));

  test('fits into what the clouds take', () => expectFits(userData));

  test('has units that systemd understands, down to the last key', () => expectUnitsOfSystemd(userData));
});

const scripts = ['node', 'router', 'monitoring', 'grafana', 'gateway', 'docker'].flatMap((room) =>
  readdirSync(join(ROOT, 'templates', room))
    .filter((file) => file.endsWith('.sh'))
    .map((file) => join(ROOT, 'templates', room, file)),
);

test.each(scripts.map((path) => [basename(path), path]))('%s passes shellcheck', (_name, path) => {
  expect(
    run(
      'shellcheck',
      '--external-sources',
      '--source-path=SCRIPTDIR',
      `--source-path=${join(ROOT, 'templates/node')}`,
      path,
    ),
  ).toEqual({
    code: 0,
    printed: '',
  });
});

test('no step is left out of the node', () => {
  const shipped = nodeFiles({ ...eightGpus('aws', 'preset: latency'), templates }).map(({ path }) =>
    basename(path),
  );
  const there = ['node', 'systemd'].flatMap((room) => readdirSync(join(ROOT, 'templates', room)));
  expect(there.filter((file) => !shipped.includes(file))).toEqual([]);
});

test('programs are read as they stand in the repository', () => {
  const files = nodeFiles({ ...oneGpu('google'), templates });
  const serve = files.find(({ path }) => path.endsWith('/serve.sh'));
  expect(serve?.text).toBe(readFileSync(join(ROOT, 'templates/node/serve.sh'), 'utf8'));
});
