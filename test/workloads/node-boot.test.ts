import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { AWS_USER_DATA_BYTES, type NodeFile, nodeFiles, nodeUserData } from '../../workloads/node-boot.ts';
import { ROOT } from '../support/local-project.ts';
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

/** What cloud-init does with a part of a cloud-config; its schema accepts any other key. */
const KNOWN_KEYS = ['write_files', 'runcmd'];

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
    const units = installed(name, nodeFiles({ environment, release, templates }));
    const { code, printed } = run('systemd-analyze', 'verify', '--man=no', '--recursive-errors=no', ...units);
    expect({ code, printed }).toEqual({ code: 0, printed: '' });
  });
});

/**
 * The files in a folder of their own, programs under their paths there: systemd-analyze looks for what a unit starts.
 * @returns paths of the units, each of a template as an instance
 */
function installed(name: string, files: readonly NodeFile[]): string[] {
  const root = join(folder, name);
  const units = files.map(({ path, mode, text }) => {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    const unit = path.startsWith('/etc/systemd/');
    writeFileSync(target, unit ? onThisMachine(text, root) : text, { mode: Number.parseInt(mode, 8) });
    return unit ? [target] : [];
  });
  return units.flat().map((path) => path.replace('@.service', '@1.service'));
}

/** Programs of the node's image that this machine may lack stand for themselves by one that every machine has. */
function onThisMachine(text: string, root: string): string {
  return text
    .replaceAll('/usr/local/lib/fleet/', `${root}/usr/local/lib/fleet/`)
    .replaceAll('/usr/bin/docker ', '/bin/echo ')
    .replaceAll('/usr/bin/python3 ', '/bin/echo ');
}

function run(program: string, ...args: readonly string[]): { code: number | null; printed: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { code: status, printed: `${stdout}${stderr}` };
}

const scripts = ['node', 'docker'].flatMap((room) =>
  readdirSync(join(ROOT, 'templates', room))
    .filter((file) => file.endsWith('.sh'))
    .map((file) => join(ROOT, 'templates', room, file)),
);

test.each(scripts.map((path) => [basename(path), path]))('%s passes shellcheck', (_name, path) => {
  expect(run('shellcheck', '--external-sources', '--source-path=SCRIPTDIR', path)).toEqual({
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
