import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ROOT } from '../support/local-project.ts';

const PROGRAM = '#!/bin/sh\necho "$*"\n';
/** What the script needs beside Grafana; a Grafana of this host is no matter. */
const TOOLS = ['sh', 'dirname', 'readlink'];

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleet-grafana-'));
  mkdirSync(join(folder, 'path'));
  for (const tool of TOOLS) symlinkSync(`/bin/${tool}`, join(folder, 'path', tool));
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(path: string, text: string): string {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text, { mode: 0o755 });
  return target;
}

function run() {
  const { status, stdout, stderr } = spawnSync(
    '/bin/sh',
    [join(ROOT, 'templates/grafana/run.sh'), '/etc/grafana.ini'],
    { encoding: 'utf8', env: { PATH: join(folder, 'path') } },
  );
  return { status, stdout, stderr };
}

test('a Grafana that was unpacked somewhere finds what it needs beside itself, through a link too', () => {
  write('grafana-13/conf/defaults.ini', '');
  symlinkSync(write('grafana-13/bin/grafana', PROGRAM), join(folder, 'path/grafana'));
  expect(run()).toEqual({
    status: 0,
    stdout: `server --homepath ${join(folder, 'grafana-13')} --config /etc/grafana.ini\n`,
    stderr: '',
  });
});

test('a Grafana of a package finds it where packages put it', () => {
  write('path/grafana', PROGRAM);
  expect(run()).toMatchObject({
    status: 0,
    stdout: 'server --homepath /usr/share/grafana --config /etc/grafana.ini\n',
  });
});

test('without one it says where there is one', () => {
  expect(run()).toEqual({
    status: 1,
    stdout: '',
    stderr: 'no program named grafana is on the path: see https://grafana.com/grafana/download\n',
  });
});
