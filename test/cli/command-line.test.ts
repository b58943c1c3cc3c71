import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openWorkplace, ROOT, ran, type Workplace } from './support.ts';

let workplace: Workplace;

beforeAll(() => {
  workplace = openWorkplace();
});

afterAll(() => workplace.close());

test('fleet alone prints what it can do', async () => {
  const { code, stdout, stderr } = await workplace.fleet([]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/up .*down .*status .*logs .*doctor .*init .*check .*schema /s);
});

test('the commands for Terraform are not listed', async () => {
  expect((await workplace.fleet([])).stdout).not.toMatch(/^ {2}part/m);
});

test('help explains one command', async () => {
  const { code, stdout } = await workplace.fleet(['help', 'logs']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/Usage: fleet logs .*--follow.*--json/s);
});

test.each([[['stats']], [['help', 'stats']]])('%j: an unknown command gets the nearest one', async (args) => {
  expect(await workplace.fleet(args)).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'unknown command stats; did you mean status? (commands: up, down, status, logs, doctor, init, dashboard, open, canary, check, ci, bootstrap, ask, review, schema, cost, key, secret, weights, image, help)\n',
  });
});

test('an unknown option gets the nearest one', async () => {
  const { code, stderr } = await workplace.fleet(['up', '--jsn']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/unknown option '--jsn'.*--json/s);
});

test('an unknown environment gets the nearest one', async () => {
  workplace.write('environments/prod.yaml', '');
  const { code, stderr } = await workplace.fleet(['up', 'prd']);
  expect(code).toBe(2);
  expect(stderr).toBe('environments/prd.yaml does not exist; did you mean prod? (known: prod)\n');
});

test('an environment cannot be named into another folder', async () => {
  const { code, stderr } = await workplace.fleet(['up', '../prod']);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^an environment's name has lower-case letters/);
});

test('with --json a failure is one document on stdout, and the message stays on stderr', async () => {
  const { code, stdout, stderr } = await workplace.fleet(['status', 'nowhere', '--json']);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toEqual({ error: { exitCode: 2, message: stderr.trimEnd() } });
});

test('outside a project fleet says where it looked', async () => {
  const { code, stderr } = await workplace.fleet(['status', '--project', '/']);
  expect({ code, stderr }).toEqual({ code: 2, stderr: '--project: no cdktf.json in /\n' });
});

test('the JSON schema knows the keys of an environment file, also outside a project', async () => {
  const { code, stdout } = await workplace.fleet(['schema']);
  expect(code).toBe(0);
  expect(Object.keys(JSON.parse(stdout).properties)).toEqual(
    expect.arrayContaining(['class', 'platform', 'models']),
  );
});

describe('bin/fleet.mjs', () => {
  test('starts the bundle', async () => {
    const { code, stdout } = await ran(
      process.execPath,
      [join(ROOT, 'bin/fleet.mjs'), '--version'],
      process.env,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  test('in a checkout without dependencies says what to do', async () => {
    const checkout = workplace.path('checkout');
    mkdirSync(checkout);
    for (const file of ['build.mjs', 'bin', 'package.json']) {
      cpSync(join(ROOT, file), join(checkout, file), { recursive: true });
    }
    expect(await ran(process.execPath, [join(checkout, 'bin/fleet.mjs')], process.env)).toEqual({
      code: 1,
      stdout: '',
      stderr: 'fleet is not installed yet: run `npm ci` in its folder\n',
    });
  });
});
