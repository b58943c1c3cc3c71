import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CDKTF, type Ran, ROOT, ran } from '../support/local-project.ts';
import { pluginDirectory, terraform } from '../support/terraform.ts';

const ENVIRONMENTS = ['dev', 'local', 'prod', 'staging'];
/** The provider version that the plugin directory holds; shipped files name none. */
const INSTALLED_AWS = '5.100.0';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleet-synth-'));
  mkdirSync(join(folder, 'environments'));
  for (const file of readdirSync(join(ROOT, 'environments'))) {
    if (file.endsWith('.yaml')) cpSync(join(ROOT, 'environments', file), join(folder, 'environments', file));
  }
  const staging = join(folder, 'environments/staging.yaml');
  const pinned = `${readFileSync(staging, 'utf8')}terraform: { providerVersions: { aws: ${INSTALLED_AWS} } }\n`;
  writeFileSync(staging, pinned);
  const app = `node ${join(ROOT, 'dist/main.js')}`;
  writeFileSync(
    join(folder, 'cdktf.json'),
    JSON.stringify({ language: 'typescript', app, sendCrashReports: 'false' }),
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ['cdktf synth', [], 'json', 'cdk.tf.json'],
  ['cdktf synth --hcl', ['--hcl'], 'hcl', 'cdk.tf'],
] as const)('%s', (_command, flags, output, file) => {
  let synthesized: Ran;

  beforeAll(async () => {
    synthesized = await ran([CDKTF, 'synth', ...flags, '--output', output], folder);
  });

  test('passes for all shipped environments', () => {
    expect(synthesized).toMatchObject({ code: 0 });
    expect(readdirSync(join(folder, output, 'stacks')).toSorted()).toEqual(ENVIRONMENTS);
    for (const name of ENVIRONMENTS)
      expect(readFileSync(join(folder, output, 'stacks', name, file), 'utf8')).toContain('terraform');
  });

  test('local is valid without any provider', async () => {
    const stack = join(folder, output, 'stacks/local');
    expect(await terraform(stack, 'init', '-backend=false')).toMatchObject({ code: 0 });
    expect(await terraform(stack, 'validate')).toMatchObject({ code: 0 });
  });

  test('staging is valid for the AWS provider', async ({ skip }) => {
    const stack = join(folder, output, 'stacks/staging');
    const plugins = pluginDirectory();
    const init = await terraform(
      stack,
      'init',
      '-backend=false',
      ...(plugins === undefined ? [] : [`-plugin-dir=${plugins}`]),
    );
    if (plugins === undefined && init.code !== 0)
      skip('no AWS provider: set TF_PLUGIN_DIR, or let terraform reach its registry');
    expect(init).toMatchObject({ code: 0 });
    expect(await terraform(stack, 'validate')).toMatchObject({ code: 0 });
  });
});

test('FLEET_ENVIRONMENTS limits a synth, so that a mistake in one file cannot block another', async () => {
  writeFileSync(join(folder, 'environments/broken.yaml'), 'class: development\n');
  const limited = await ran([CDKTF, 'synth', '--output', 'limited'], folder, { FLEET_ENVIRONMENTS: 'local' });
  expect(limited).toMatchObject({ code: 0 });
  expect(readdirSync(join(folder, 'limited/stacks'))).toEqual(['local']);
  const all = await ran([CDKTF, 'synth', '--output', 'all'], folder);
  rmSync(join(folder, 'environments/broken.yaml'));
  expect(all.code).not.toBe(0);
  expect(all.stdout + all.stderr).toContain('environments/broken.yaml:1');
});
