import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RolloutRecord } from '../../contracts/rollout.ts';
import { environmentVariables, LocalProject, ROOT, ran } from '../support/local-project.ts';
import { startTraffic } from './canary-traffic.ts';

const MODEL = 'gpt-oss-120b';
const QUICK = ['--hold', '5s', '--settle', '1s', '--looks', '2', '--longest-hold', '5s'];

/** As it is installed: in a source checkout `bin/fleet.mjs` bundles it anew first. */
const PROGRAM = join(ROOT, 'dist/fleet.js');

let project: LocalProject;
let endTraffic: (() => Promise<void>) | undefined;
/** What a test started and a failed one would leave. */
const started = new Set<ChildProcess>();

beforeAll(async () => {
  project = await LocalProject.create();
  const { code, stderr } = await project.fleet('up');
  expect(code, stderr).toBe(0);
  expect((await project.fleet('canary', 'set', 'local', MODEL, 'canary=0')).code).toBe(0);
  endTraffic = startTraffic(project, MODEL, 20);
}, 240_000);

afterAll(async () => {
  await endTraffic?.();
  await project?.remove();
}, 180_000);

afterEach(async () => {
  for (const child of started) child.kill('SIGKILL');
  started.clear();
  if (record()?.state.phase !== 'closed') await project.fleet('canary', 'rollback', 'local', MODEL);
}, 180_000);

const file = () => readFileSync(project.environmentFile, 'utf8');
const run = (...args: readonly string[]) => project.fleet('canary', 'run', 'local', MODEL, ...args);

/** The record as it lies on disk now. */
function record(): RolloutRecord | undefined {
  const path = join(project.folder, '.fleet/local/rollouts', `${MODEL}.json`);
  return existsSync(path) ? RolloutRecord.parse(JSON.parse(readFileSync(path, 'utf8'))) : undefined;
}

function withRole(role: 'stable' | 'canary') {
  const releases = Object.entries(project.environment.models[MODEL]?.releases ?? {});
  const [name = '', release] = releases.find(([, one]) => one.role === role) ?? [];
  const { port = 0, count = 0 } = release?.nodes ?? {};
  return { name, weight: release?.weight, ports: Array.from({ length: count }, (_, index) => port + index) };
}

async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds = 120,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > deadline)
      throw new Error(`waited ${seconds} s for this: ${what}; ${JSON.stringify(record()?.journal, null, 1)}`);
    await delay(10);
  }
}

const inPhase = (phase: RolloutRecord['state']['phase']) =>
  until(`phase ${phase}, is ${record()?.state.phase}`, () => record()?.state.phase === phase);

/** What nginx answers with, as the agent sees it. */
async function applied(): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${project.environment.router.agentPort}/status`);
  return ((await answer.json()) as { version: string }).version;
}

async function canaryFails(failing: boolean): Promise<void> {
  for (const port of withRole('canary').ports)
    await fetch(`http://127.0.0.1:${port}/simulator/options`, {
      method: 'PUT',
      body: JSON.stringify({ failures: failing ? [{ do: 'status', status: 500 }] : [] }),
    });
}

/** Another Terraform, which waits for an approval and holds the lock on the state until its input ends. */
async function holdState(): Promise<() => Promise<void>> {
  const apply = spawn('terraform', ['apply', '-replace=terraform_data.router_weights'], {
    cwd: join(project.folder, 'cdktf.out/stacks/local'),
    env: environmentVariables(),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  started.add(apply);
  const lock = join(project.folder, '.fleet/local/.terraform.tfstate.lock.info');
  await until('the state is locked', () => existsSync(lock));
  return async () => {
    const exit = once(apply, 'exit');
    apply.stdin.end();
    await exit;
  };
}

async function planIsEmpty(): Promise<boolean> {
  const { stdout } = await project.fleet('check', 'local', '--format', 'json');
  return JSON.parse(stdout).environments[0].summary.empty;
}

async function finished(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  started.add(child);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout?.resume();
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

describe('set', () => {
  test('takes at most 2 s beyond the deploy itself, from the command to all routers', async () => {
    for (const weight of [10, 0]) {
      const begin = performance.now();
      const { code, stdout, stderr } = await ran(
        [PROGRAM, 'canary', 'set', 'local', MODEL, `canary=${weight}`, '--json'],
        project.folder,
      );
      const seconds = (performance.now() - begin) / 1000;
      expect(code, stderr).toBe(0);
      const { deploySeconds } = JSON.parse(stdout);
      const beyond = seconds - deploySeconds;
      console.info(
        `set: ${seconds.toFixed(2)} s, of them deploy ${deploySeconds} s, beyond it ${beyond.toFixed(2)} s`,
      );
      expect(beyond).toBeLessThanOrEqual(2);
    }
  }, 240_000);
});

describe('a good canary', () => {
  test('is taken through the steps, becomes stable, and the plan is empty afterwards', async () => {
    const [stable, canary] = [withRole('stable').name, withRole('canary').name];
    const { code, stderr } = await run('--steps', '20,100', ...QUICK, '--on-inconclusive', 'advance');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('at least 12 s in all');
    expect(withRole('stable')).toMatchObject({ name: canary, weight: 95 });
    expect(withRole('canary')).toMatchObject({ name: stable, weight: 0 });
    expect(record()?.state).toMatchObject({ phase: 'closed', outcome: 'promoted' });
    expect(await planIsEmpty()).toBe(true);
    const { stdout } = await project.fleet('canary', 'history', 'local');
    expect(stdout).toContain('is promoted');
  }, 240_000);
});

describe('a bad canary', () => {
  test('is taken back within 5 s of the verdict while somebody else holds the state, and then the plan is empty', async () => {
    const before = file();
    const version = await applied();
    await canaryFails(true);
    const child = project.spawnFleet(
      ...[
        'canary',
        'run',
        'local',
        MODEL,
        '--steps',
        '50,100',
        '--hold',
        '60s',
        '--longest-hold',
        '60s',
        '--settle',
        '1s',
        '--looks',
        '6',
      ],
    );
    const end = finished(child);
    await inPhase('judging');
    expect(file()).not.toBe(before);
    const release = await holdState();
    await until('every router has the old weights', async () => (await applied()) === version, 120);
    const back = Date.now() / 1000;
    const verdict = record()?.journal.find(({ event }) => event === 'failed');
    console.info(
      `from verdict to the router ${(back - (verdict?.at ?? 0)).toFixed(2)} s: ${verdict?.sentence}`,
    );
    expect(back - (verdict?.at ?? 0)).toBeLessThanOrEqual(5);
    await inPhase('reconciling');
    await release();
    const { code, stderr } = await end;
    expect(code, stderr).toBe(1);
    expect(record()?.state).toMatchObject({ phase: 'closed', outcome: 'rolled-back' });
    expect(file()).toBe(before);
    expect(await applied()).toBe(version);
    expect(await planIsEmpty()).toBe(true);
    await canaryFails(false);
  }, 240_000);
});

describe('while a rollout is open', () => {
  test('a deploy of other weights and a set are refused, also by the check; --take-over closes it', async () => {
    const before = file();
    const child = project.spawnFleet('canary', 'run', 'local', MODEL, '--steps', '5,100', '--hold', '1h');
    const end = finished(child);
    await inPhase('judging');
    const held = file();
    const refused = await project.fleet('canary', 'set', 'local', MODEL, 'canary=10');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`rollout ${record()?.id}`) });
    child.kill('SIGINT');
    expect(await end).toMatchObject({ code: 130, stderr: expect.stringContaining('stays open') });
    project.edit(() => before);
    const up = await project.fleet('up');
    expect(up).toMatchObject({ code: 1, stderr: expect.stringContaining('--take-over') });
    expect(up.stderr).toMatch(
      /is open \(judging\) and holds v\d+=\S+ v\d+=4\.75, environments\/local\.yaml wants/,
    );
    const check = await project.fleet('check', 'local');
    expect(check).toMatchObject({ code: 2, stdout: expect.stringContaining('rollout-open') });
    expect(file()).not.toBe(held);
    expect((await project.fleet('up', 'local', '--take-over')).code).toBe(0);
    expect(record()?.state.phase).toBe('closed');
    expect(await planIsEmpty()).toBe(true);
  }, 240_000);
});

describe('kill -9', () => {
  test.each([
    ['applying', 'resume'],
    ['judging', 'resume'],
    ['promoting', 'resume'],
    ['applying', 'rollback'],
    ['judging', 'rollback'],
    ['promoting', 'rollback'],
    ['rolling-back', 'resume'],
    ['reconciling', 'resume'],
    ['judging', 'expiry'],
  ] as const)(
    'while %s is mended by %s',
    async (phase, cure) => {
      const before = file();
      const [stable, canary] = [withRole('stable').name, withRole('canary').name];
      const expires = cure === 'expiry' ? ['--expires', '2s'] : [];
      const bad = phase === 'rolling-back' || phase === 'reconciling';
      await canaryFails(bad);
      const child = project.spawnFleet(
        ...['canary', 'run', 'local', MODEL, '--steps', bad ? '50,100' : '100', ...QUICK, ...expires],
        ...['--on-inconclusive', bad ? 'rollback' : 'advance'],
      );
      const end = finished(child);
      await inPhase(phase);
      child.kill('SIGKILL');
      await end;
      expect(record()?.state.phase).toBe(phase);
      const cured = {
        resume: () => run('--resume'),
        rollback: () => project.fleet('canary', 'rollback', 'local', MODEL),
        expiry: async () => {
          await until('it has expired', () => Date.now() / 1000 > (record()?.expiresAt ?? 0));
          return project.fleet('up');
        },
      };
      const { code, stderr } = await cured[cure]();
      const promoted = cure === 'resume' && !bad;
      expect(code, stderr).toBe(bad ? 1 : 0);
      expect(record()?.state).toMatchObject({
        phase: 'closed',
        outcome: promoted ? 'promoted' : 'rolled-back',
      });
      if (promoted) expect([withRole('stable').name, withRole('canary').name]).toEqual([canary, stable]);
      else expect(file()).toBe(before);
      expect(await planIsEmpty()).toBe(true);
      await canaryFails(false);
    },
    300_000,
  );
});
