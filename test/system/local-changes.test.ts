import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { portsOf } from '../../contracts/environment-ports.ts';
import { connects } from '../support/connects.ts';
import { LocalProject, ROOT } from '../support/local-project.ts';
import { runs } from '../support/processes.ts';

let project: LocalProject;
let client: OpenAI;
let filesBefore: string[];

/** What lies in the project beside the environment's folder, cdktf's output and what this test itself puts there. */
function otherFiles(): string[] {
  return readdirSync(project.folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => !/^(\.fleet|cdktf\.out|bin|vllm\.log)(\/|$)/.test(path))
    .toSorted();
}

beforeAll(async () => {
  project = await LocalProject.create();
  filesBefore = otherFiles();
  const { code, stderr } = await project.fleet('up');
  expect(code, stderr).toBe(0);
  client = new OpenAI({ baseURL: project.baseUrl, apiKey: 'local', maxRetries: 0 });
}, 180_000);

afterAll(() => project?.remove(), 60_000);

const messages = (content: string) => [{ role: 'user' as const, content }];

describe('applying again', () => {
  test('changes nothing', async () => {
    const before = project.pids();
    const { code, stdout } = await project.cdktf('deploy', 'local', '--auto-approve');
    expect(code).toBe(0);
    expect(stdout).toMatch(/No changes/);
    expect(project.pids()).toEqual(before);
  }, 60_000);

  test('a changed weight is one delivery: nginx reloads, nothing is restarted', async () => {
    const before = project.pids();
    project.edit((text) => text.replace('weight: 80', 'weight: 70').replace('weight: 15', 'weight: 25'));
    const { code, stdout } = await project.cdktf('deploy', 'local', '--auto-approve');
    expect(code).toBe(0);
    expect(stdout).toMatch(/1 to add, 0 to change, 1 to destroy/);
    expect(stdout).toContain('terraform_data.router_weights');
    expect(project.pids()).toEqual(before);
    const nginx = readFileSync(join(project.folder, '.fleet/local/router/nginx.conf'), 'utf8');
    expect(nginx).toContain('73.68% v32;');
  }, 60_000);

  test('an unmapped model gets a 404 that says so', async () => {
    project.edit((text) => text.replace(/ {2}gpt-oss-7b:\n(?: {4,}.*\n)+/, ''));
    const before = project.pids();
    expect((await project.fleet('up')).code).toBe(0);
    await expect(
      client.chat.completions.create({ model: 'gpt-oss-7b', messages: messages('Hello') }),
    ).rejects.toThrow(/404.*gpt-oss-7b/s);
    const after = project.pids();
    expect(after.gateway).toBe(before.gateway);
    expect(after.router).toBe(before.router);
  }, 60_000);
});

describe('a part that dies', () => {
  test('is seen by status and healed by up', async () => {
    process.kill(project.pid('egress'), 'SIGKILL');
    const seen = await project.fleet('status', '--json');
    expect(seen.code).toBe(1);
    expect(partState(seen.stdout, 'egress')).toBe('dead');
    expect((await project.fleet('up')).code).toBe(0);
    expect(partState((await project.fleet('status', '--json')).stdout, 'egress')).toBe('running');
  }, 60_000);
});

describe('engine: vllm', () => {
  const useVllm = (text: string) => text.replace('engine: simulator', 'engine: vllm');

  test('without vllm says how to install it, and changes nothing', async () => {
    const before = project.pids();
    project.edit(useVllm);
    const { code, stderr } = await project.fleet('up');
    expect(code).toBe(1);
    expect(stderr).toMatch(/vllm/);
    expect(project.pids()).toEqual(before);
  }, 60_000);

  test('starts the program vllm with the command line that the simulator got', async () => {
    project.program(
      'vllm',
      `echo "$@" >> ${project.folder}/vllm.log; exec node ${ROOT}/dist/services/vllm-simulator.js "$@"`,
    );
    const simulated = partCommand('vllm-gpt-oss-20b-v32-1-1');
    const { code, stderr } = await project.fleet('up');
    expect(code, stderr).toBe(0);
    const started = readFileSync(join(project.folder, 'vllm.log'), 'utf8').trim().split('\n');
    expect(started).toHaveLength(4);
    expect(started).toContain(simulated.slice(2).join(' '));
  }, 60_000);
});

describe('fleet down', () => {
  test('leaves no process, no port and no file but its folder, without the state too', async () => {
    const pids = Object.values(project.pids());
    await promisify(execFile)('rm', ['-f', join(project.folder, '.fleet/local/terraform.tfstate')]);
    expect((await project.fleet('down')).code).toBe(0);
    expect(pids.filter(runs)).toEqual([]);
    for (const { port, path } of portsOf(project.environment)) {
      await expect(connects('127.0.0.1', port), path.join('.')).resolves.toBe(false);
    }
    expect(readdirSync(join(project.folder, '.fleet'))).toEqual(['local']);
    expect(otherFiles()).toEqual(filesBefore);
  }, 60_000);
});

function partCommand(part: string): string[] {
  return JSON.parse(readFileSync(join(project.folder, '.fleet/local', part, 'part.json'), 'utf8')).command;
}

function partState(stdout: string, name: string): string | undefined {
  const { parts } = JSON.parse(stdout) as { parts: { name: string; state: string }[] };
  return parts.find((part) => part.name === name)?.state;
}
