import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DESTROYING, FixedRelease } from '../../constructs/fixed-release.ts';
import type { Release } from '../../contracts/release.ts';
import { releasesOfModel } from '../../contracts/release.ts';
import { fixedSettings } from '../../workloads/fixed-settings.ts';
import { shippedEnvironment, synth } from '../support/synth.ts';
import { terraform } from '../support/terraform.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleet-fixed-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a stack that holds one release fixed, or none. */
function write(release: Release | undefined, settings: Record<string, string>, destroying = false): void {
  const { json } = synth((app: App) => {
    app.node.setContext(DESTROYING, destroying);
    const stack = new TerraformStack(app, 'staging');
    if (release !== undefined) new FixedRelease(new Construct(stack, 'v32'), { release, settings });
    return stack;
  });
  writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify(json));
}

const [serving] = releasesOfModel(shippedEnvironment('staging'), 'gpt-oss-120b');
if (serving === undefined) throw new Error('staging has no release');
const idle: Release = { ...serving, weight: 0 };
const BEFORE = { image: 'one' };
const AFTER = { image: 'other' };

async function deployed(): Promise<void> {
  write(serving, BEFORE);
  expect(await terraform(folder, 'init')).toMatchObject({ code: 0 });
  expect(await terraform(folder, 'apply', '-auto-approve')).toMatchObject({ code: 0 });
}

describe('with real Terraform', () => {
  beforeEach(deployed);

  test('a changed setting of a release that serves is refused, and the address says what to do', async () => {
    write(serving, AFTER);
    const { code, stderr } = await terraform(folder, 'plan');
    expect(code).toBe(1);
    expect(stderr).toContain('serves-make-a-new-release-instead');
    expect(stderr).toContain('prevent_destroy');
  });

  test('at weight 0 it may change', async () => {
    write(idle, AFTER);
    expect(await terraform(folder, 'plan')).toMatchObject({ code: 0 });
  });

  test('to take traffic or to lose it is no change', async () => {
    write(idle, BEFORE);
    expect((await terraform(folder, 'plan', '-detailed-exitcode')).code).toBe(0);
  });

  test('retired, it goes', async () => {
    write(undefined, BEFORE);
    expect(await terraform(folder, 'apply', '-auto-approve')).toMatchObject({ code: 0 });
  });

  test('an environment that serves is destroyed only on purpose', async () => {
    expect(await terraform(folder, 'destroy', '-auto-approve')).toMatchObject({ code: 1 });
    write(serving, BEFORE, true);
    expect(await terraform(folder, 'destroy', '-auto-approve')).toMatchObject({ code: 0 });
  });
});

describe('what a release keeps', () => {
  const settings = (change?: (text: string) => string) => {
    const environment = shippedEnvironment('staging', change);
    const [release] = releasesOfModel(environment, 'gpt-oss-120b');
    if (release === undefined) throw new Error('staging has no release');
    return fixedSettings(environment, release);
  };

  test('is its machine, its image, and each server with its GPUs and command line', () => {
    const kept = settings();
    expect(Object.keys(kept)).toEqual(['machine', 'image', 'server 1', 'server 2', 'server 3', 'server 4']);
    expect(kept['server 4']).toMatch(/^GPUs 6,7: vllm serve openai\/gpt-oss-120b .*--port 8003 /);
  });

  test.each<[string, string, string]>([
    ['image', 'vllm-openai@sha256:0', 'vllm-openai@sha256:1'],
    [
      'context',
      'preset: balanced, version: 0.32.0 }',
      'preset: balanced, version: 0.32.0, maxModelLen: 65536 }',
    ],
    ['drain', 'preset: balanced, version: 0.32.0 }', 'preset: balanced, version: 0.32.0, drain: 60 }'],
    ['placement', 'preset: balanced', 'preset: latency'],
    ['port', 'preset: balanced, version: 0.32.0 }', 'preset: balanced, version: 0.32.0, port: 8010 }'],
  ])('another %s is another release', (_what, from, to) => {
    expect(settings((text) => text.replace(from, to))).not.toEqual(settings());
  });

  const replaced = (from: string, to: string) => (text: string) => text.replace(from, to);
  const ONE_MACHINE = 'preset: balanced, version: 0.32.0 }';

  test.each<[string, (text: string) => string]>([
    ['weights', (text) => text.replace('weight: 90', 'weight: 80').replace('weight: 5\n', 'weight: 15\n')],
    ['count', replaced(ONE_MACHINE, 'preset: balanced, version: 0.32.0, count: 2 }')],
    [
      'capacity',
      replaced(ONE_MACHINE, 'preset: balanced, version: 0.32.0, capacity: [{ from: spot, count: 1 }] }'),
    ],
    ['the machine image', replaced('ami-0123456789abcdef0', 'ami-0123456789abcdef1')],
  ])('%s may change', (_what, change) => {
    expect(settings(change)).toEqual(settings());
  });
});
