import { mkdirSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planCases, recordedPlan } from '../support/plans/corpus.ts';
import { synthesizes } from './check-support.ts';
import { fixture, openWorkplace, type Workplace } from './support.ts';

/** A stack that Terraform can plan without any provider. */
const STACK = {
  terraform: { backend: { local: { path: 'terraform.tfstate' } } },
  resource: { terraform_data: { gateway: { input: 'one' } } },
};

let workplace: Workplace;
let temporary: string;

beforeEach(() => {
  workplace = openWorkplace();
  temporary = workplace.path('tmp');
  mkdirSync(temporary);
  workplace.write('environments/local.yaml', fixture('environments/good/process.yaml'));
  synthesizes(workplace, STACK);
});
afterEach(() => workplace.close());

const check = (...args: readonly string[]) => workplace.fleet(['check', ...args], { TMPDIR: temporary });
const planFile = (name: string) => {
  const plan = ['dangerous', 'harmless', 'kinds']
    .flatMap(planCases)
    .find((candidate) => candidate.name === name);
  if (plan === undefined) throw new Error(`no case is called ${name}`);
  return workplace.write(`${name}.json`, JSON.stringify(recordedPlan(plan)));
};

describe('fleet check synthesizes, plans and judges', () => {
  test('a change without mistakes: exit code 0, and no plan is left', async () => {
    const { code, stdout } = await check('local');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '  +   terraform_data.gateway\nlocal: pass, nothing found, 1 to create\n',
    });
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('a denied change: exit code 2, with the rule, the place and what to do', async () => {
    synthesizes(workplace, { ...STACK, output: { admin_token: { value: '7Gf2kQ9xLmZ4vB8nR1tY' } } });
    const { code, stdout } = await check('local');
    expect(code).toBe(2);
    expect(stdout).toContain(
      'denied secret-in-clear output admin_token holds what looks like a secret, and is not marked sensitive',
    );
    expect(stdout).toContain('Put the value into a secret store');
  });

  test('what Terraform says is shown when it fails: exit code 1', async () => {
    synthesizes(workplace, {
      ...STACK,
      resource: { terraform_data: { gateway: { input: `\${terraform_data.missing.id}` } } },
    });
    const { code, stderr } = await check('local');
    expect(code).toBe(1);
    expect(stderr).toContain('terraform plan failed:\nReference to undeclared resource');
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('what the program says is shown when it fails: exit code 1', async () => {
    synthesizes(workplace, STACK, `console.error('no such template'); process.exit(3);`);
    expect(await check('local')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('local cannot be synthesized:\nno such template'),
    });
  });

  test('a file with mistakes is denied before anything is synthesized', async () => {
    workplace.write('environments/bad.yaml', fixture('environments/bad/weights-90.yaml'));
    const { code, stdout, stderr } = await check('bad');
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    expect(stdout).toContain('weights must add up to 100, got 90 (environments/bad.yaml:5)');
  });

  test('--synth-only needs no Terraform', async () => {
    const { code, stdout } = await workplace.fleet(['check', 'local', '--synth-only'], {
      TERRAFORM_BINARY_NAME: 'none',
    });
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'local: pass, nothing found (the synthesized configuration, not a plan)\n',
    });
    expect(await workplace.fleet(['check', 'local'], { TERRAFORM_BINARY_NAME: 'none' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('none is needed to plan'),
    });
  });
});

describe('fleet check --plan', () => {
  test('judges a plan of hand-written Terraform, as production', async () => {
    const { code, stdout } = await check('--plan', planFile('aws-servers-open-to-the-world'));
    expect(code).toBe(2);
    expect(stdout).toContain(
      'denied public-port aws_vpc_security_group_ingress_rule.servers: 0.0.0.0/0 may reach ports 8000 to 8007',
    );
  });

  test('judges less strictly where less is at stake', async () => {
    const path = planFile('aws-group-destroyed');
    expect((await check('--plan', path)).code).toBe(2);
    expect((await check('--plan', path, '--class', 'development')).code).toBe(0);
    expect((await check('--plan', path, '--class', 'development', '--fail-on-warnings')).code).toBe(3);
  });

  test.each([
    ['a file that is not there', 'none.json', undefined, 2, '--plan: '],
    [
      'a plan that is not readable',
      'plan',
      'PK\u0003\u0004',
      1,
      'not JSON; a plan file is made readable with `terraform show -json',
    ],
    [
      'another document',
      'state.json',
      '{"format_version":"1.0","values":{}}',
      1,
      'this is a state, not a plan',
    ],
  ])('%s', async (_what, file, text, exitCode, message) => {
    if (text !== undefined) workplace.write(file, text);
    const { code, stderr } = await check('--plan', workplace.path(file));
    expect({ code, stderr }).toEqual({ code: exitCode, stderr: expect.stringContaining(message) });
  });

  test('a suppression of the environment counts until its day, and then is denied itself', async () => {
    const path = planFile('aws-servers-open-to-the-world');
    const withSuppression = (expires: string) =>
      workplace.write(
        'environments/local.yaml',
        `${fixture('environments/good/process.yaml')}\nchecks: { suppress: [{ rule: public-port, address: aws_vpc_security_group_ingress_rule.servers, reason: a demo of two days, expires: ${expires} }] }\n`,
      );
    withSuppression('2999-12-31');
    const suppressed = await check('local', '--plan', path);
    expect(suppressed.stdout).toContain(
      'suppressed until 2999-12-31: public-port aws_vpc_security_group_ingress_rule.servers (a demo of two days)',
    );
    expect(suppressed.code).toBe(0);
    withSuppression('2020-12-31');
    const expired = await check('local', '--plan', path);
    expect(expired.stdout).toMatch(
      /denied suppression-expired .*the suppression of public-port ended on 2020-12-31.*environments\/local\.yaml:\d+/,
    );
    expect(expired.code).toBe(2);
  });
});

describe('--format', () => {
  test('writes several reports of one plan, to stdout and to files', async () => {
    const { code, stdout } = await check(
      ...['--plan', planFile('aws-group-destroyed')],
      ...[
        '--format',
        'github',
        '--format',
        'markdown=comment.md',
        '--format',
        'sarif=fleet.sarif',
        '--format',
        'json=report.json',
      ],
    );
    expect(code).toBe(2);
    expect(stdout).toMatch(/^::error title=.*gpu-nodes-destroyed::/m);
    expect(workplace.read('comment.md')).toContain('⛔ denied');
    expect(JSON.parse(workplace.read('fleet.sarif'))).toMatchObject({ version: '2.1.0' });
    expect(JSON.parse(workplace.read('report.json'))).toMatchObject({ version: 1, verdict: 'deny' });
  });

  test('markdown is silent when nothing changed', async () => {
    expect(await check('--plan', planFile('aws-nodes-unchanged'), '--format', 'markdown')).toMatchObject({
      code: 0,
      stdout: '\n',
    });
  });

  test('an unknown format is refused with those that there are', async () => {
    expect(await check('local', '--format', 'html')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('terminal, markdown, json, sarif, github, got html'),
    });
  });
});

test('Ctrl-C ends it, and leaves no plan', async () => {
  workplace.program(
    'terraform',
    `#!/bin/sh\ncase "$1" in init) exit 0;; plan) echo started > "${temporary}/../started"; exec sleep 60;; esac\n`,
  );
  const running = workplace.start(['check', 'local'], { TMPDIR: temporary });
  const deadline = Date.now() + 20_000;
  while (!workplace.has('started')) {
    if (Date.now() > deadline) throw new Error('terraform plan was never started');
    await new Promise((done) => setTimeout(done, 20));
  }
  running.signal('SIGINT');
  expect((await running.ended).code).toBe(130);
  expect(readdirSync(temporary)).toEqual([]);
});
