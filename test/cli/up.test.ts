import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { curls } from '../../cli/print/up.ts';
import { runs } from '../support/processes.ts';
import { type LocalEnvironment, openLocalEnvironment } from './local-environment.ts';
import { fixture, openWorkplace, ROOT, ran } from './support.ts';

const MODELS = ['gpt-oss-20b', 'gpt-oss-7b'];

let local: LocalEnvironment;

beforeEach(async () => {
  local = await openLocalEnvironment();
});

afterEach(() => local.close());

describe('fleet up', () => {
  test('deploys, asks each model, and says where everything is', async () => {
    local.synthesize(local.gateway(...MODELS), { name: 'vllm-1', address: 'http://127.0.0.1:8000' });
    const { code, stdout, stderr } = await local.fleet(['up']);
    expect(stderr).toContain('synthesizing');
    expect({ code, calls: local.read('calls') }).toEqual({ code: 0, calls: 'deploy local local 1\n' });
    const base = `http://127.0.0.1:${local.gatewayPort}/v1`;
    expect(stdout).toMatch(
      new RegExp(
        `part +address\\ngateway +${base}\\nvllm-1 +http://127.0.0.1:8000\\n\\ncurl ${base}/chat/completions .*local runs, \\d+\\.\\d s`,
        's',
      ),
    );
  });

  test('prints commands that work when they are pasted', async () => {
    local.synthesize(local.gateway(...MODELS));
    const { stdout } = await local.fleet(['up']);
    const commands = stdout.split('\n').filter((line) => line.startsWith('curl '));
    expect(commands).toHaveLength(2);
    for (const command of commands) {
      const answer = await ran('bash', ['-c', command], process.env);
      expect(JSON.parse(answer.stdout)).toHaveProperty('choices');
    }
  });

  test('with --json prints one document', async () => {
    local.synthesize(local.gateway(...MODELS));
    const { stdout } = await local.fleet(['up', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      environment: 'local',
      platform: 'process',
      baseUrl: `http://127.0.0.1:${local.gatewayPort}/v1`,
      started: [],
      removed: [],
      answers: MODELS.map((model) => ({ model, release: 'v32', completionTokens: 16 })),
      key: 'local',
      log: '.fleet/local/deploy.log',
    });
  });

  test('starts a part that has died although Terraform sees no change, and leaves the others alone', async () => {
    local.synthesize(local.gateway(...MODELS), { name: 'vllm-1' });
    await local.fleet(['up']);
    const [gateway, dead] = [local.pid('gateway'), local.pid('vllm-1')];
    local.write('lazy', '');
    process.kill(dead, 'SIGKILL');
    const { code, stdout } = await local.fleet(['up', '--json']);
    expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, started: ['vllm-1'] });
    expect(local.pid('gateway')).toBe(gateway);
    expect(local.pid('vllm-1')).not.toBe(dead);
  });

  test('stops and forgets a part that the environment no longer has, although its old document is still there', async () => {
    local.synthesize(local.gateway(...MODELS), { name: 'vllm-1' });
    await local.fleet(['up']);
    const pid = local.pid('vllm-1');
    local.synthesize(local.gateway(...MODELS));
    const { stdout } = await local.fleet(['up', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ removed: ['vllm-1'] });
    expect(runs(pid)).toBe(false);
    expect(await local.fleet(['status'])).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining('vllm-1'),
    });
  });

  test('names the model that does not answer, and why', async () => {
    local.synthesize(local.gateway(...MODELS, 'broken'));
    const { code, stdout, stderr } = await local.fleet(['up']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/the smoke test failed:\ngpt-oss-20b: 503 no server is healthy\n$/);
  });

  test('names the model that the gateway does not list', async () => {
    local.synthesize(local.gateway('gpt-oss-20b'));
    expect((await local.fleet(['up'])).stderr).toMatch(/GET \/v1\/models does not list gpt-oss-7b\n$/);
  });

  test('without a key that may be shown uses FLEET_API_KEY, and shows only its name', async () => {
    local.synthesize(local.gateway(...MODELS));
    const sha256 = createHash('sha256').update('very secret').digest('hex');
    local.write('keys.json', JSON.stringify([{ id: 'team', sha256 }]));
    const skipped = await local.fleet(['up'], { FLEET_API_KEY: undefined });
    expect(skipped).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('no smoke test: no API key: set FLEET_API_KEY'),
    });
    const { code, stdout } = await local.fleet(['up'], { FLEET_API_KEY: 'local' });
    expect(code).toBe(0);
    expect(stdout).toContain('-H "Authorization: Bearer $FLEET_API_KEY"');
    expect(stdout).toContain('answered: gpt-oss-20b');
  });

  test.each([
    ['{}', /^secrets\.api-keys: keys\.json must hold a JSON list of \{id, sha256, pin\}/],
    ['no JSON', /^secrets\.api-keys: keys\.json must hold a JSON list/],
  ])('refuses a keys document %j before it deploys', async (text, message) => {
    local.synthesize(local.gateway(...MODELS));
    local.write('keys.json', text);
    const { code, stderr } = await local.fleet(['up']);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(local.has('calls')).toBe(false);
  });
});

test('a port that another program holds stops it before the deploy, and names port, holder and key', async () => {
  local.synthesize(local.gateway(...MODELS));
  const stranger = createServer().listen(local.gatewayPort, '127.0.0.1');
  await once(stranger, 'listening');
  const { code, stderr } = await local.fleet(['up']);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    new RegExp(
      `^port ${local.gatewayPort} is taken by \\S+ \\(pid ${process.pid}\\); end it or choose another port in environments/local\\.yaml: gateway\\.port\\n$`,
    ),
  );
  expect(local.has('calls')).toBe(false);
  stranger.close();
});

test('a failed deploy shows the lines that say why and where the rest is', async () => {
  const output = JSON.stringify(fixture('cdktf/provisioner-failed.txt'));
  local.cdktf(`process.stdout.write(${output}); process.exitCode = 1;`);
  const { code, stdout, stderr } = await local.fleet(['up']);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(
    /gateway: port 8080 of 127\.0\.0\.1 is taken by .*\ncdktf deploy failed; all of its output: \.fleet\/local\/deploy\.log\n$/,
  );
  expect(local.read('.fleet/local/deploy.log')).toBe(fixture('cdktf/provisioner-failed.txt'));
  expect(statSync(local.path('.fleet/local/deploy.log')).mode & 0o777).toBe(0o600);
});

test('a part that does not start is named, with what it said', async () => {
  local.synthesize({
    name: 'vllm-1',
    command: ['sh', '-c', 'echo out of memory; exit 3'],
    ready: { url: 'http://127.0.0.1:1/', timeoutSeconds: 10 },
  });
  const { code, stderr } = await local.fleet(['up']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/vllm-1: .*exit code 3.*out of memory/s);
});

test('a cloud environment with placeholders is not deployed', async () => {
  const workplace = openWorkplace();
  workplace.write('environments/staging.yaml', readFileSync(join(ROOT, 'environments/staging.yaml'), 'utf8'));
  workplace.program('terraform', '#!/bin/sh\necho Terraform v1.9.0\n');
  workplace.cdktf(`import { writeFileSync } from 'node:fs'; writeFileSync('deployed', '');`);
  const { code, stderr } = await workplace.fleet(['up', 'staging', '--yes']);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^environments\/staging\.yaml still has placeholders: ami-0123456789abcdef0, .*@sha256:0{64}; `fleet doctor staging` names what there is\n$/,
  );
  expect(workplace.has('deployed')).toBe(false);
  await workplace.close();
});

test('a key that is a variable stands in double quotes, so that the shell fills it in', () => {
  const [command] = curls({
    baseUrl: 'http://127.0.0.1:8080/v1',
    models: ['gpt-oss-20b'],
    key: '$FLEET_API_KEY',
  });
  expect(command).toContain('-H "Authorization: Bearer $FLEET_API_KEY"');
});
