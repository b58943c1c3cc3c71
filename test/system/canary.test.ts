import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LocalProject } from '../support/local-project.ts';

const MODEL = 'gpt-oss-120b';

let project: LocalProject;

beforeAll(async () => {
  project = await LocalProject.create();
  const { code, stderr } = await project.fleet('up');
  expect(code, stderr).toBe(0);
}, 180_000);

afterAll(() => project?.remove(), 60_000);

const file = () => readFileSync(project.environmentFile, 'utf8');
const canary = async (...args: readonly string[]) => {
  const { code, stdout, stderr } = await project.fleet('canary', ...args, '--json');
  return { code, stderr, data: stdout === '' ? undefined : JSON.parse(stdout) };
};

describe('fleet canary set', () => {
  test('with --dry-run shows the lines, the plan and who moves, and changes nothing', async () => {
    const before = file();
    const { code, stdout } = await project.fleet('canary', 'set', 'local', MODEL, 'canary=25', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toMatch(/- {9}weight: 80\n/);
    expect(stdout).toMatch(/\+ {9}weight: 70\n/);
    expect(stdout).toMatch(/terraform_data\.router_weights/);
    expect(stdout).toContain('10.00 % of conversations move: 10.00 % from v32 to v33');
    expect(file()).toBe(before);
  }, 60_000);

  test('edits two numbers, deploys, and waits until every router reports them', async () => {
    const before = file();
    const pids = project.pids();
    const { code, data, stderr } = await canary('set', 'local', MODEL, 'v32=70', 'v33=25');
    expect(code, stderr).toBe(0);
    expect(file()).toBe(before.replace('weight: 80', 'weight: 70').replace('weight: 15', 'weight: 25'));
    expect(project.pids()).toEqual(pids);
    const [router] = data.routers;
    const nginx = readFileSync(join(project.folder, '.fleet/local/router/nginx.conf'), 'utf8');
    expect(nginx).toContain(`version ${router.version}`);
    expect(nginx).toContain('73.68% v32;');
    expect(data.appliedSeconds).toBeLessThanOrEqual(2);
  }, 60_000);

  test('refuses a canary without healthy servers', async () => {
    const before = file();
    const port = project.environment.models[MODEL]?.releases?.v33?.nodes?.port;
    const options = (healthy: boolean) =>
      fetch(`http://127.0.0.1:${port}/simulator/options`, {
        method: 'PUT',
        body: JSON.stringify({ healthy }),
      });
    await options(false);
    const { code, stderr } = await canary('set', 'local', MODEL, 'canary=30');
    await options(true);
    expect(stderr).toContain('gpt-oss-120b v33: none of its 1 server is healthy, so it cannot take 30 %');
    expect(code).toBe(1);
    expect(file()).toBe(before);
  });
});

describe('fleet canary status', () => {
  test('says what is wanted, applied and observed', async () => {
    const { code, data } = await canary('status', 'local');
    expect(code).toBe(0);
    const row = (release: string) =>
      data.rows.find(
        (one: { model: string; release: string }) => one.model === MODEL && one.release === release,
      );
    expect(row('v33')).toMatchObject({ role: 'canary', wanted: 25, applied: 25 });
    expect(row('public')).toMatchObject({ wanted: 5, applied: 5 });
    expect(row('v32').observed).toHaveProperty('requests');
  });

  test('says that the routers lag behind the file', async () => {
    project.edit((text) => text.replace('weight: 70', 'weight: 71').replace('weight: 25', 'weight: 24'));
    const { code, stdout } = await project.fleet('canary', 'status', 'local');
    expect(code).toBe(1);
    expect(stdout).toContain('the routers do not do what the file wants');
    project.edit((text) => text.replace('weight: 71', 'weight: 70').replace('weight: 24', 'weight: 25'));
  });

  test('says that Prometheus is not there', async () => {
    process.kill(project.pid('prometheus'), 'SIGKILL');
    const { stdout } = await project.fleet('canary', 'status', 'local');
    expect(stdout).toMatch(/nothing is observed: Prometheus at http:\S+ does not answer: /);
    expect(stdout).not.toContain('first token');
  });
});

describe('fleet canary retire', () => {
  test('removes an idle canary: its servers end, nothing else does', async () => {
    await canary('set', 'local', MODEL, 'canary=0');
    const before = project.pids();
    const { code, stderr } = await canary('retire', 'local', MODEL, 'v33');
    expect(code, stderr).toBe(0);
    expect(project.environment.models[MODEL]?.releases).not.toHaveProperty('v33');
    const { router, gateway } = before;
    expect(project.pids()).toMatchObject({ router, gateway });
    const { parts } = JSON.parse((await project.fleet('status', '--json')).stdout);
    expect(parts.map(({ name }: { name: string }) => name)).not.toContain(`vllm-${MODEL}-v33-1-1`);
  }, 60_000);
});
