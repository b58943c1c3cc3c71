import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ROOT } from '../support/local-project.ts';

/**
 * In place of the engine: notes its arguments and runs what a container would run, on this machine, where a
 * path below /etc/fleet means one in the volume's folder.
 */
const ENGINE = `#!/bin/sh
printf '%s\\n' "$*" >>"$ENGINE_LOG"
case "$1" in
  run)
    while [ "$1" != sh ]; do shift; done
    shift 2
    exec sh "$RECEIVE" "$ENGINE_VOLUME/\${1##*/}" "$2" "$3" ;;
  container) printf '%s' "$ENGINE_RUNNING" ;;
  exec)
    case "$3" in
      node) shift 4; exec node "$PROBE" "$@" ;;
    esac ;;
esac
`;

const script = (name: string) => join(ROOT, 'templates/docker', name);

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;
let volume: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleet-docker-'));
  volume = join(folder, 'volume');
  mkdirSync(volume);
  writeFileSync(join(folder, 'docker'), ENGINE);
  chmodSync(join(folder, 'docker'), 0o755);
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(
  name: string,
  args: readonly string[],
  { env, input }: { readonly env?: NodeJS.ProcessEnv; readonly input?: string } = {},
): Promise<Ran> {
  return new Promise((done) => {
    const child = execFile(
      name.endsWith('.mjs') ? process.execPath : 'sh',
      [script(name), ...args],
      {
        cwd: folder,
        env: {
          PATH: `${folder}:${process.env.PATH}`,
          ENGINE_LOG: join(folder, 'engine.log'),
          ENGINE_VOLUME: volume,
          RECEIVE: script('receive.sh'),
          PROBE: script('probe.mjs'),
          FLEET_IMAGE: 'image',
          FLEET_VOLUME: 'volume',
          ...env,
        },
      },
      (error, stdout, stderr) => done({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
    if (input !== undefined) child.stdin?.end(input);
  });
}

const engineLog = () => readFileSync(join(folder, 'engine.log'), 'utf8');

describe('deliver.sh', () => {
  test('writes files into the volume with their mode', async () => {
    writeFileSync(join(folder, 'source'), 'text\n');
    const ran = await run('deliver.sh', ['/etc/fleet', '0440', 'a.conf=source', 'b.conf=source']);
    expect(ran).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(join(volume, 'a.conf'), 'utf8')).toBe('text\n');
    expect(readFileSync(join(volume, 'b.conf'), 'utf8')).toBe('text\n');
    expect(statSync(join(volume, 'a.conf')).mode & 0o777).toBe(0o440);
  });

  test('takes a value from the environment and shows it to nobody', async () => {
    const ran = await run('deliver.sh', ['/run/fleet/secrets', '0400', 'key=env:HOP_KEY'], {
      env: { HOP_KEY: 'geheimnis-ü' },
    });
    expect(readFileSync(join(volume, 'key'), 'utf8')).toBe('geheimnis-ü');
    expect(engineLog() + ran.stdout + ran.stderr).not.toContain('geheimnis');
  });

  test.each([
    ['key=env:NOT_SET', 'key: environment variable NOT_SET is not set\n'],
    ['key=nowhere', 'key: cannot read nowhere (if it was generated elsewhere, copy it from there)\n'],
  ])('refuses %s and says why', async (file, message) => {
    const ran = await run('deliver.sh', ['/run/fleet/secrets', '0400', file]);
    expect(ran).toEqual({ code: 1, stdout: '', stderr: message });
  });
});

describe('receive.sh', () => {
  test('keeps the old file when the new one does not arrive whole', async () => {
    const path = join(volume, 'nginx.conf');
    writeFileSync(path, 'old');
    const ran = await run('receive.sh', [path, '0444', '100'], { input: 'cut of' });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('got 6 of 100 bytes, the old file stays');
    expect(readFileSync(path, 'utf8')).toBe('old');
  });
});

describe('take-over.sh', () => {
  test('leaves a container that does not run alone', async () => {
    const ran = await run('take-over.sh', ['dev-router', 'http://127.0.0.1:9/', 'v', '1']);
    expect(ran.code).toBe(0);
    expect(engineLog()).not.toContain('exec');
  });

  test('signals from inside, because the engine takes its own signal for a stop', async () => {
    const ran = await run('take-over.sh', ['dev-prometheus'], { env: { ENGINE_RUNNING: 'abc' } });
    expect(ran.code).toBe(0);
    expect(engineLog()).toContain('exec abc sh -c kill -HUP 1\n');
    expect(engineLog()).not.toMatch(/^kill/m);
  });
});

describe('probe.mjs', () => {
  let server: Server;
  let url: string;
  let answers: { status: number; body: object }[];

  beforeEach(async () => {
    answers = [];
    server = createServer((_, response) => {
      const answer = (answers.length > 1 ? answers.shift() : answers[0]) ?? { status: 200, body: {} };
      response.writeHead(answer.status).end(JSON.stringify(answer.body));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });

  afterEach(() => server.close());

  test.each([
    [200, 0],
    [503, 1],
  ])('status %i is exit code %i', async (status, code) => {
    answers = [{ status, body: {} }];
    expect((await run('probe.mjs', [url])).code).toBe(code);
  });

  test('nobody listening is unhealthy', async () => {
    expect((await run('probe.mjs', ['http://127.0.0.1:9/'])).code).toBe(1);
  });

  test('waits for the wanted version', async () => {
    answers = ['old', 'old', 'new'].map((version) => ({ status: 200, body: { version } }));
    expect(await run('probe.mjs', [url, 'new', '20'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('a version that does not come ends in the words of the part', async () => {
    answers = [{ status: 200, body: { version: 'old', error: 'unknown directive "x"' } }];
    const ran = await run('probe.mjs', [url, 'new', '0.1']);
    expect(ran).toMatchObject({
      code: 1,
      stderr: 'version new is not applied after 0.1 s: unknown directive "x"\n',
    });
  });
});
