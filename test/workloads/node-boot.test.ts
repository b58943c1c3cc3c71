import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { AWS_USER_DATA_BYTES, nodeFiles, nodeUserData } from '../../workloads/node-boot.ts';
import { ROOT } from '../support/local-project.ts';
import { installed, KNOWN_KEYS, run } from './machine-support.ts';
import { CLOUDS, eightGpus, type NodeCase, oneGpu, templates } from './node-boot-support.ts';

const GOOGLE_METADATA_BYTES = 262_144;

const CASES: readonly (readonly [string, NodeCase])[] = CLOUDS.flatMap((cloud) => [
  [`${cloud}-latency`, eightGpus(cloud, 'preset: latency')] as const,
  [`${cloud}-balanced`, eightGpus(cloud, 'preset: balanced, drain: 300')] as const,
  [`${cloud}-throughput`, eightGpus(cloud, 'preset: throughput')] as const,
  [`${cloud}-one-gpu`, oneGpu(cloud)] as const,
]);

const folder = mkdtempSync(join(tmpdir(), 'fleet-node-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(CASES)('the user data of %s', (name, { environment, release }) => {
  const { text } = nodeUserData({ environment, release, templates });

  test('is as reviewed', async () => {
    await expect(text).toMatchFileSnapshot(`../rendered/cloud-init/${name}.yaml`);
  });

  test('is valid for cloud-init, and has no key that cloud-init would not know', () => {
    const path = join(folder, `${name}.yaml`);
    writeFileSync(path, text);
    expect(run('cloud-init', 'schema', '--config-file', path)).toEqual({
      code: 0,
      printed: `Valid cloud-config: ${path}\n`,
    });
    expect(Object.keys(parse(text)).filter((key) => !KNOWN_KEYS.includes(key))).toEqual([]);
  });

  test('writes exactly the files that were meant', () => {
    const written: { path: string; permissions: string; content: string }[] = parse(text).write_files;
    const files = nodeFiles({ environment, release, templates });
    expect(
      written.map(({ path, permissions, content }) => ({ path, mode: permissions, text: content })),
    ).toEqual(files);
  });

  test('fits into what the cloud takes', () => {
    const limit = environment.platform === 'aws' ? AWS_USER_DATA_BYTES : GOOGLE_METADATA_BYTES;
    const bytes = environment.platform === 'aws' ? gzipSync(text).length : Buffer.byteLength(text);
    expect(bytes).toBeLessThan(limit);
  });

  test('has units that systemd understands, down to the last key', () => {
    const units = installed(join(folder, name), nodeFiles({ environment, release, templates }));
    const { code, printed } = run('systemd-analyze', 'verify', '--man=no', '--recursive-errors=no', ...units);
    expect({ code, printed }).toEqual({ code: 0, printed: '' });
  });
});

const scripts = ['node', 'router', 'docker'].flatMap((room) =>
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
