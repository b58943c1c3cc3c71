import { mkdirSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { synthesizes } from './check-support.ts';
import { fixture, openWorkplace, type Workplace } from './support.ts';

let workplace: Workplace;
let temporary: string;

beforeEach(() => {
  workplace = openWorkplace();
  temporary = workplace.path('tmp');
  mkdirSync(temporary);
  workplace.write('environments/local.yaml', fixture('environments/good/process.yaml'));
});
afterEach(() => workplace.close());

/** Keys of many shapes, and secrets that have none but that Terraform is told to keep. */
const PLANTED = {
  openai: 'sk-proj-Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4',
  groq: 'gsk_4hT9sKq2LmZ8vXcB1nRtY6wP3sD5hJ0aCeFg',
  huggingFace: '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',
  github: 'ghp_q1W2e3R4t5Y6u7I8o9P0a1S2d3F4g5H6j7K8',
  gitlab: 'glpat-q1W2e3R4t5Y6u7I8o9P0',
  slack: 'xoxb-123456789012-abcdefABCDEF',
  aws: 'AKIAQ3EGRZ7T4N2WXYVB',
  awsSecret: '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',
  google: 'AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY',
  token: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N',
  pem: '-----BEGIN PRIVATE KEY-----MIGHAgEAMBMGByqGSM49',
  password: '7Gf2kQ9xLmZ4vB8nR1tY',
  inScript: 'Zx81kQ9xLmZ4vB8nR1tYq2',
  inBase64: 'Qq72kQ9xLmZ4vB8nR1tYq3',
  inVariable: 'correct-horse-battery-staple',
  inSensitiveOutput: 'a-word-nobody-would-guess',
  inSensitiveValue: 'another-word-of-that-kind',
  inAddress: 'gsk_AddressOfAResource1234567',
  inCheck: 'hf_WhatACheckSaysWhenItFails12',
  inEnvironment: 'what-the-shell-has-as-secret',
};

describe('no secret is shown', () => {
  const stack = {
    terraform: { backend: { local: { path: 'terraform.tfstate' } } },
    variable: { hop_key: { type: 'string', sensitive: true, default: PLANTED.inVariable } },
    locals: { keys: [PLANTED.gitlab, PLANTED.slack] },
    resource: {
      terraform_data: {
        plain: {
          input: { openai: PLANTED.openai, env: [`GROQ_API_KEY=${PLANTED.groq}`], keys: `\${local.keys}` },
        },
        user_data: {
          input: `#!/bin/bash\nexport HF_TOKEN=${PLANTED.huggingFace}\nDB_PASSWORD=${PLANTED.inScript}\n`,
        },
        encoded: { input: Buffer.from(`export HOP_KEY=${PLANTED.inBase64}\n`).toString('base64') },
        sensitive: {
          input: { hop: `\${var.hop_key}`, other: `\${sensitive("${PLANTED.inSensitiveValue}")}` },
        },
        named: { for_each: { [PLANTED.inAddress]: PLANTED.google }, input: `\${each.value}` },
      },
    },
    output: {
      admin_password: { value: PLANTED.password },
      session: { value: PLANTED.token },
      pem: { value: PLANTED.pem },
      hidden: { value: PLANTED.inSensitiveOutput, sensitive: true },
      access: { value: { id: PLANTED.aws, secret_key: PLANTED.awsSecret, github: PLANTED.github } },
    },
    check: {
      keys: {
        assert: [
          {
            condition: `\${length(local.keys) == 3}`,
            error_message: `expected ${PLANTED.inCheck} to be there`,
          },
        ],
      },
    },
  };
  const checkWithSecret = (...args: readonly string[]) =>
    workplace.fleet(['check', ...args], { TMPDIR: temporary, MY_SECRET: PLANTED.inEnvironment });
  const secrets = Object.entries(PLANTED);
  const shown = (text: string) => secrets.filter(([, value]) => text.includes(value)).map(([name]) => name);

  test('20 are planted', () => expect(secrets).toHaveLength(20));

  test('in any report of a plan that holds them, on stdout or stderr, or in a folder for temporary files', async () => {
    synthesizes(workplace, stack);
    const formats = ['terminal', 'markdown', 'json', 'sarif', 'github'].flatMap((format) => [
      '--format',
      format,
    ]);
    const { code, stdout, stderr } = await checkWithSecret('local', ...formats);
    expect(code).toBe(2);
    expect(stdout).toContain('secret-in-clear');
    expect(shown(stdout + stderr)).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test.each([
    ['refuses the configuration', false, 'Invalid precondition expression'],
    ['cannot plan', `\${length(local.keys) == 3}`, 'no (hidden), no (hidden)'],
  ])('in what is said when Terraform %s', async (_what, condition, said) => {
    const precondition = { condition, error_message: `no ${PLANTED.groq}, no ${PLANTED.inEnvironment}` };
    const broken = { input: PLANTED.openai, lifecycle: { precondition: [precondition] } };
    synthesizes(workplace, { ...stack, resource: { terraform_data: { broken } } });
    const { code, stderr, stdout } = await checkWithSecret('local');
    expect(code).toBe(1);
    expect(stderr).toContain(said);
    expect(shown(stdout + stderr)).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test('in what is said when the program fails', async () => {
    synthesizes(
      workplace,
      stack,
      `console.error('cannot use ${PLANTED.github} and ' + process.env.MY_SECRET); process.exit(1);`,
    );
    const { code, stderr, stdout } = await checkWithSecret('local');
    expect(code).toBe(1);
    expect(shown(stdout + stderr)).toEqual([]);
  });
});
