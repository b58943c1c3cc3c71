import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generate } from 'selfsigned';
import { Agent, fetch } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { chat, choices, SLOW, send, until } from './support.ts';

const PROGRAM = fileURLToPath(new URL('../../../dist/services/vllm-simulator.js', import.meta.url));

interface Program {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<number | null>;
}

function run(args: readonly string[], env: Record<string, string> = {}): Program {
  const child = spawn(process.execPath, [PROGRAM, ...args], { env: { PATH: process.env.PATH, ...env } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, output: () => text, exit: once(child, 'close').then(([code]) => code) };
}

/** Starts it on a free port and waits until it serves. */
async function serve(
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Program & { url: string; port: number }> {
  const program = run(
    ['serve', 'tiny', '--host', '127.0.0.1', '--port', '0', '--served-model-name', 'gpt-oss-120b', ...args],
    env,
  );
  const url = await until(() => {
    if (program.child.exitCode !== null) throw new Error(program.output());
    return /running on (\S+)/.exec(program.output())?.[1];
  });
  return { ...program, url, port: Number(new URL(url).port) };
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'vllm-simulator-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

const openStream = (url: string) =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(chat('x', { stream: true, max_tokens: 5 })),
  });

describe('what ends it at once', () => {
  test.each([
    [['serve', 'm', '--foo'], 2, /^usage: vllm .*\nvllm: error: unrecognized arguments: --foo\n$/],
    [
      ['serve', 'm', '--port', 'x'],
      2,
      /^usage: vllm serve \[model_tag\] \[options\]\nvllm serve: error: argument --port: invalid int value: 'x'\n$/,
    ],
    [['serve', 'm', '--max-num-seqs', '0'], 1, /^--max-num-seqs: must be at least 1, got 0\n$/],
    [['serve', 'm', '--ssl-certfile', '/none.pem', '--ssl-keyfile', '/none.pem'], 1, /ENOENT.*\/none\.pem/],
    [['serve', '--help'], 0, /--max-model-len/],
  ])('%j', async (args, code, output) => {
    const program = run(args);
    expect(await program.exit).toBe(code);
    expect(program.output()).toMatch(output);
  });

  test('wrong simulation options', async () => {
    const program = run(['serve', 'm'], { VLLM_SIMULATOR: '{"speed": 1}' });
    expect(await program.exit).toBe(1);
    expect(program.output()).toBe('VLLM_SIMULATOR: Unrecognized key: "speed"\n');
  });

  test('a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const program = run(['serve', 'm', '--host', '127.0.0.1', '--port', String(port)]);
    expect(await program.exit).toBe(1);
    expect(program.output()).toContain(`address already in use 127.0.0.1:${port}`);
  });
});

test('VLLM_API_KEY guards it', async () => {
  const program = await serve([], { VLLM_API_KEY: 'k' });
  expect((await send(program, 'GET', '/v1/models')).status).toBe(401);
  expect((await send(program, 'GET', '/v1/models', undefined, { authorization: 'Bearer k' })).status).toBe(
    200,
  );
});

test('the port answers only after startSeconds', async () => {
  const began = performance.now();
  await serve([], { VLLM_SIMULATOR: '{"startSeconds": 0.2}' });
  expect(performance.now() - began).toBeGreaterThan(200);
});

test('it serves TLS with the given certificate', async () => {
  const path = folder();
  const pems = await generate([{ name: 'commonName', value: 'localhost' }]);
  writeFileSync(join(path, 'cert.pem'), pems.cert);
  writeFileSync(join(path, 'key.pem'), pems.private);
  const { url } = await serve([
    '--ssl-certfile',
    join(path, 'cert.pem'),
    '--ssl-keyfile',
    join(path, 'key.pem'),
  ]);
  const dispatcher = new Agent({ connect: { ca: pems.cert, checkServerIdentity: () => undefined } });
  onTestFinished(() => dispatcher.close());
  expect(url).toMatch(/^https:/);
  expect(await (await fetch(`${url}/version`, { dispatcher })).json()).toEqual({ version: '0.32.0' });
});

test('answers and record come from and go to files', async () => {
  const path = folder();
  writeFileSync(join(path, 'answers.jsonl'), '{"contains":"ping","content":"pong"}\n');
  const options = {
    answers: join(path, 'answers.jsonl'),
    recordFile: join(path, 'record.jsonl'),
    decodeTokensPerSecond: 1e6,
  };
  const program = await serve([], { VLLM_SIMULATOR: JSON.stringify(options) });
  const { body } = await send(program, 'POST', '/v1/chat/completions', chat('ping'), {
    'x-request-id': 'one',
  });
  expect(JSON.parse(body).choices[0].message.content).toBe('pong');
  program.child.kill('SIGTERM');
  expect(await program.exit).toBe(0);
  const lines = readFileSync(options.recordFile, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line).id)).toEqual(['one']);
});

describe('SIGTERM', () => {
  test('without --shutdown-timeout running requests end with abort', async () => {
    const program = await serve([], { VLLM_SIMULATOR: JSON.stringify(SLOW) });
    const answer = await openStream(program.url);
    const text = answer.text();
    await until(async () =>
      (await send(program, 'GET', '/metrics')).body.includes(
        'generation_tokens_total{engine="0",model_name="gpt-oss-120b"} 1.0',
      ),
    );
    program.child.kill('SIGTERM');
    const body = await text;
    expect(choices(body).at(-1)).toMatchObject({ finish_reason: 'abort' });
    expect(body).toMatch(/data: \[DONE\]\n\n$/);
    expect(await program.exit).toBe(0);
  });

  test('with --shutdown-timeout running requests are completed, new ones get nothing', async () => {
    const program = await serve(['--shutdown-timeout', '20'], {
      VLLM_SIMULATOR: '{"decodeTokensPerSecond": 10}',
    });
    const text = (await openStream(program.url)).text();
    program.child.kill('SIGTERM');
    await until(() => program.output().includes('[shutdown]'));
    const late = JSON.parse((await send(program, 'POST', '/v1/chat/completions', chat('late'))).body);
    expect(late.choices[0]).toMatchObject({ finish_reason: 'abort', message: { content: '' } });
    expect(await text).toContain('"finish_reason":"length"');
    expect(await program.exit).toBe(0);
  });

  test('after --shutdown-timeout what still runs is cut', async () => {
    const program = await serve(['--shutdown-timeout', '1'], { VLLM_SIMULATOR: JSON.stringify(SLOW) });
    const text = (await openStream(program.url)).text();
    program.child.kill('SIGTERM');
    await expect(text).rejects.toThrow();
    expect(await program.exit).toBe(0);
  });

  test('an idle server ends at once', async () => {
    const program = await serve(['--shutdown-timeout', '600']);
    program.child.kill('SIGTERM');
    expect(await program.exit).toBe(0);
  });
});
