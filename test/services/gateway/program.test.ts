import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { chat } from './support/answers.ts';
import { eventually } from './support/eventually.ts';
import { fakeUpstream } from './support/fake-upstream.ts';
import { edgeConfig } from './support/start.ts';

const PROGRAM = resolve(import.meta.dirname, '../../../dist/services/gateway.js');

interface Program {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exit: Promise<number | null>;
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'gateway-program-'));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

function run(args: readonly string[], cwd: string, env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [PROGRAM, ...args], { cwd, env: { ROUTER_KEY: 'hop', ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const exit = once(child, 'close').then(([code]) => code as number | null);
  return { child, stdout: () => stdout, stderr: () => stderr, exit };
}

const FLAGS = ['--config', 'gateway.json', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];

async function started() {
  const cwd = await folder();
  const router = await fakeUpstream(chat(['hi']));
  const config = edgeConfig(router.url);
  const sha256 = createHash('sha256').update('the-key').digest('hex');
  await writeFile(join(cwd, 'gateway.json'), JSON.stringify(config));
  await writeFile(join(cwd, 'keys.json'), JSON.stringify([{ id: 'a', sha256 }]));
  const program = run(FLAGS, cwd);
  const line = await eventually(() => JSON.parse(program.stdout().split('\n')[0] ?? ''));
  const post = () =>
    fetch(`http://${line.address}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer the-key' },
      body: JSON.stringify({ model: 'gpt-oss-120b', messages: [] }),
    });
  const status = async () =>
    (await (await fetch(`http://${line.admin}/status`)).json()) as { version: string; error?: string };
  return { cwd, config, program, post, status };
}

test('it serves, reloads on SIGHUP, refuses a bad reload, and ends with 0 on SIGTERM', async () => {
  const { cwd, config, program, post, status } = await started();
  expect((await post()).status).toBe(200);
  const before = await status();

  await writeFile(join(cwd, 'gateway.json'), JSON.stringify({ ...config, environment: 'other' }));
  program.child.kill('SIGHUP');
  await eventually(async () => expect((await status()).version).not.toBe(before.version));

  await writeFile(join(cwd, 'gateway.json'), '{');
  program.child.kill('SIGHUP');
  await eventually(async () => expect((await status()).error).toBe('gateway.json: not valid JSON'));
  expect((await post()).status).toBe(200);

  program.child.kill('SIGTERM');
  expect(await program.exit).toBe(0);
  expect(program.stderr()).toBe('');
  const lines = program
    .stdout()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ event }) => event)).toEqual([
    'listening',
    undefined,
    'reloaded',
    'reload_refused',
    undefined,
  ]);
  expect(program.stdout()).not.toContain('the-key');
});

test.each(['utf8', 'base64'] as const)(
  'where there are neither files nor signals it reads a variable in %s, and secrets again and again',
  async (encoding) => {
    const cwd = await folder();
    const config = { ...edgeConfig('http://127.0.0.1:9'), keys: { file: 'keys.json' } };
    await writeFile(join(cwd, 'keys.json'), '[]');
    const flags = ['--config-variable', 'CONFIG', '--reload-every', '1', ...FLAGS.slice(2)];
    const program = run(flags, cwd, { CONFIG: Buffer.from(JSON.stringify(config)).toString(encoding) });
    const { admin } = await eventually(() => JSON.parse(program.stdout().split('\n')[0] ?? ''));
    const keys = async () =>
      ((await (await fetch(`http://${admin}/status`)).json()) as { keys: string }).keys;
    const before = await keys();
    await writeFile(join(cwd, 'keys.json'), JSON.stringify([{ id: 'new', sha256: 'a'.repeat(64) }]));
    await eventually(async () => expect(await keys()).not.toBe(before));
  },
);

test.each([
  [
    'two configurations',
    ['--config', 'gateway.json', '--config-variable', 'CONFIG'],
    2,
    /--config, --config-variable: give one of them/,
  ],
  ['no configuration', ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'], 2, /give one of them/],
  [
    'a listener that is none',
    ['--config', 'gateway.json', '--listen', '8080'],
    2,
    /--listen: must be HOST:PORT, got 8080/,
  ],
  ['an unknown flag', ['--port', '1'], 2, /--port/],
  ['a configuration that is not there', FLAGS, 1, /gateway\.json: cannot read gateway\.json \(ENOENT\)/],
])('with %s it says so and does not start', async (_case, args, code, message) => {
  const program = run(args, await folder());
  expect(await program.exit).toBe(code);
  expect(program.stderr()).toMatch(message);
});
