import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { AWS_USER_DATA_BYTES } from '../../constructs/aws/user-data.ts';
import type { MachineFile } from '../../workloads/machine-files.ts';

/** What cloud-init does with a part of a cloud-config; its schema accepts any other key. */
const KNOWN_KEYS = ['write_files', 'runcmd'];

/**
 * The files in a folder of their own, programs under their paths there: systemd-analyze looks for what a unit starts.
 * @returns paths of the units, each of a template as an instance
 */
function installed(root: string, files: readonly MachineFile[]): string[] {
  const units = files.map(({ path, mode, text }) => {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    const unit = path.startsWith('/etc/systemd/');
    writeFileSync(target, unit ? onThisMachine(text, root) : text, { mode: Number.parseInt(mode, 8) });
    return unit ? [target] : [];
  });
  return units.flat().map((path) => path.replace('@.service', '@1.service'));
}

/** Programs of the machine's image that this one may lack stand for themselves by one that every machine has. */
function onThisMachine(text: string, root: string): string {
  return text
    .replaceAll('/usr/local/lib/fleet/', `${root}/usr/local/lib/fleet/`)
    .replaceAll('/usr/bin/docker ', '/bin/echo ')
    .replaceAll('/usr/bin/python3 ', '/bin/echo ');
}

export function run(program: string, ...args: readonly string[]): { code: number | null; printed: string } {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  return { code: status, printed: `${stdout}${stderr}` };
}

const GOOGLE_METADATA_BYTES = 262_144;

/** A machine's user data, and a folder for what is written while it is tested. */
export interface UserData {
  readonly name: string;
  readonly text: string;
  readonly files: readonly MachineFile[];
  readonly folder: string;
}

export async function expectReviewed({ name, text }: UserData): Promise<void> {
  await expect(text).toMatchFileSnapshot(`../rendered/cloud-init/${name}.yaml`);
}

export function expectKnownToCloudInit({ name, text, folder }: UserData): void {
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, text);
  expect(run('cloud-init', 'schema', '--config-file', path)).toEqual({
    code: 0,
    printed: `Valid cloud-config: ${path}\n`,
  });
  expect(Object.keys(parse(text)).filter((key) => !KNOWN_KEYS.includes(key))).toEqual([]);
}

export function expectItsFiles({ text, files }: UserData): void {
  const written: { path: string; permissions: string; content: string }[] = parse(text).write_files;
  expect(
    written.map(({ path, permissions, content }) => ({ path, mode: permissions, text: content })),
  ).toEqual(files);
}

/** Into either cloud's limit. */
export function expectFits({ text }: UserData): void {
  expect(gzipSync(text).length).toBeLessThan(AWS_USER_DATA_BYTES);
  expect(Buffer.byteLength(text)).toBeLessThan(GOOGLE_METADATA_BYTES);
}

export function expectUnitsOfSystemd({ name, files, folder }: UserData): void {
  const units = installed(join(folder, name), files);
  const { code, printed } = run('systemd-analyze', 'verify', '--man=no', '--recursive-errors=no', ...units);
  expect({ code, printed }).toEqual({ code: 0, printed: '' });
}

/** Every unit of ours that a unit names is there. */
export function expectNamedUnits({ files }: UserData): void {
  const there = files.map(({ path }) => basename(path));
  const named = files
    .filter(({ path }) => path.startsWith('/etc/systemd/'))
    .flatMap(({ text: unit }) => unit.match(/^(After|Wants|Requires)=.*$/gm) ?? [])
    .flatMap((line) => line.match(/fleet-[a-z-]+\.service/g) ?? []);
  expect(named.filter((unit) => !there.includes(unit))).toEqual([]);
}
