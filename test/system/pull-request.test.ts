import { chmodSync, copyFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { synthesizes } from '../cli/check-support.ts';
import { fixture, openWorkplace, ROOT, type Workplace } from '../cli/support.ts';
import { readWorkflow, runStep, type Workflow } from '../support/github/workflow.ts';

const REPOSITORY = 'example/fleet';
const stack = (input: string) => ({
  terraform: { backend: { local: { path: '../../../prod.tfstate' } } },
  resource: { terraform_data: { gateway: { input } } },
});

/** `fleet up` of a cloud ends in `terraform apply`, which this does to the synthesized stack; all else is the real fleet. */
const FLEET = `import { spawnSync } from 'node:child_process';
if (process.argv[2] === 'up') {
  const { status } = spawnSync('terraform', ['apply', '-auto-approve', '-input=false'], { cwd: 'cdktf.out/stacks/' + process.argv[3], stdio: 'inherit' });
  process.exit(status ?? 1);
}
await import(process.env.FLEET_PROGRAM);
`;

interface Repository {
  readonly comments: { readonly body: string; readonly issue: number }[];
  readonly issues: { readonly state: string; readonly title: string; readonly body: string }[];
}

let workplace: Workplace;
let workflows: Readonly<Record<'check' | 'deploy' | 'drift', Workflow>>;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  workplace = openWorkplace();
  cpSync(join(ROOT, 'templates/github'), join(workplace.project, '../toolkit/templates/github'), {
    recursive: true,
  });
  const environment = fixture('environments/good/aws.yaml')
    .replace('class: staging', 'class: development')
    .replace(/^state:\n.*\n/m, '');
  workplace.write('environments/prod.yaml', environment);
  workplace.write('bin/fleet.mjs', FLEET);
  copyFileSync(join(ROOT, 'test/support/github/gh.mjs'), join(workplace.bin, 'gh.mjs'));
  writeFileSync(join(workplace.bin, 'gh'), `#!/bin/sh\nexec node "${workplace.bin}/gh.mjs" "$@"\n`);
  chmodSync(join(workplace.bin, 'gh'), 0o755);
  workplace.write(
    'github.json',
    JSON.stringify({ next: 100, comments: [], issues: [], pulls: [{ number: 7, commit: 'abc123' }] }),
  );
  synthesizes(workplace, stack('one'));
  const { code, stderr } = await workplace.fleet(['ci', 'init']);
  if (code !== 0) throw new Error(stderr);
  const read = (name: string) => readWorkflow(workplace.path(`.github/workflows/fleet-${name}.yml`));
  workflows = { check: read('check'), deploy: read('deploy'), drift: read('drift') };
  const { TF_CLI_CONFIG_FILE: _absent, ...inherited } = process.env;
  env = {
    ...inherited,
    PATH: `${workplace.bin}:${process.env.PATH}`,
    CHECKPOINT_DISABLE: '1',
    ENVIRONMENT: 'prod',
    PULL_REQUEST: '7',
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_SHA: 'abc123',
    GITHUB_REF: 'refs/pull/7/merge',
    GITHUB_FILE: workplace.path('github.json'),
    FLEET_PROGRAM: join(workplace.project, '../toolkit/dist/fleet.js'),
  };
});
afterAll(() => workplace.close());

const github = () => JSON.parse(workplace.read('github.json')) as Repository;
const run = (workflow: keyof typeof workflows, step: string) =>
  runStep(workflows[workflow], step, workplace.project, env);

async function checkPullRequest(): Promise<string> {
  const { outputs } = await run('check', 'Check');
  expect(await run('check', 'Comment')).toMatchObject({ code: 0, stderr: '' });
  return outputs.code ?? '';
}

async function deploy(): Promise<{ readonly code: number | null; readonly stdout: string }> {
  const planned = await run('deploy', 'Plan anew');
  if (planned.code !== 0) return planned;
  const compared = await run('deploy', 'Compare with what was reviewed');
  if (compared.code !== 0 || compared.outputs.empty === 'true') return compared;
  return run('deploy', 'Deploy');
}

describe('a pull request from its check to the drift afterwards', () => {
  test('its check passes and writes one comment', async () => {
    expect(await checkPullRequest()).toBe('0');
    expect(github().comments).toEqual([
      expect.objectContaining({ issue: 7, body: expect.stringContaining('1 to create') }),
    ]);
  });

  test('a second push writes over the comment', async () => {
    synthesizes(workplace, stack('two'));
    await checkPullRequest();
    expect(github().comments).toHaveLength(1);
  });

  test('what was changed after the review is not deployed', async () => {
    synthesizes(workplace, stack('three'));
    const { code, stdout } = await deploy();
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringContaining('::error::the plan is not the one that was reviewed on #7'),
    });
    expect(workplace.has('prod.tfstate')).toBe(false);
  });

  test('what was reviewed is deployed', async () => {
    synthesizes(workplace, stack('two'));
    expect(await deploy()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 added, 0 changed, 0 destroyed'),
    });
    expect(workplace.read('prod.tfstate')).toContain('"two"');
  });

  test('a second deploy of the same has nothing to do', async () => {
    expect(await deploy()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('prod: nothing to deploy'),
    });
  });

  test('a pull request that changes nothing any more loses its comment', async () => {
    expect(await checkPullRequest()).toBe('0');
    expect(github().comments).toEqual([]);
  });

  test('a commit that no pull request brought is not deployed', async () => {
    synthesizes(workplace, stack('four'));
    await checkPullRequest();
    env = { ...env, GITHUB_SHA: 'fedcba' };
    expect(await deploy()).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('no pull request brought fedcba'),
    });
    env = { ...env, GITHUB_SHA: 'abc123' };
  });

  test('a denied change has a comment too, and fails', async () => {
    synthesizes(workplace, { ...stack('two'), output: { admin_token: { value: '7Gf2kQ9xLmZ4vB8nR1tY' } } });
    expect(await checkPullRequest()).toBe('2');
    expect(github().comments[0]?.body).toContain('⛔ denied');
    expect((await deploy()).code).toBe(2);
  });

  test('drift has one issue, which is kept up to date, and closed when it is gone', async () => {
    const drift = async (input: string) => {
      synthesizes(workplace, stack(input));
      expect((await run('drift', 'Check')).code).toBe(0);
      expect((await run('drift', 'Issue')).code).toBe(0);
    };
    await drift('by hand');
    await drift('by hand again');
    expect(github().issues).toEqual([
      expect.objectContaining({ state: 'open', title: 'fleet drift: prod is not what its file says' }),
    ]);
    await drift('two');
    expect(github().issues).toEqual([expect.objectContaining({ state: 'closed' })]);
  });
});
