import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { jobVariables, runStep } from '../support/github/workflow.ts';
import { openWorkflows, PROD, type WorkflowName, type Workflows } from '../support/github/workflows.ts';
import { fixture, type Workplace } from './support.ts';

const DIGEST = `sha256:${'d'.repeat(64)}`;

let workflows: Workflows;
let workplace: Workplace;

beforeAll(async () => {
  workflows = await openWorkflows();
  workplace = workflows.workplace;
});
afterAll(() => workplace.close());

const git = (...args: readonly string[]) =>
  execFileSync('git', args, { cwd: workplace.project, env: workflows.env, encoding: 'utf8' }).trim();

/** A repository with one commit and a remote; pushes to main are taken unless it is protected. */
function openRepository(protectedMain = false): void {
  execFileSync('rm', ['-rf', '.git', '../remote.git', '../github.json', '../summary.md'], {
    cwd: workplace.project,
  });
  workplace.write(PROD, fixture('environments/good/aws.yaml'));
  workplace.write('.gitignore', 'step.sh\ngithub-output\n*.json\n');
  workplace.write('../github.json', JSON.stringify({ next: 100, comments: [], issues: [], pulls: [] }));
  git('init', '--quiet', '--initial-branch=main');
  git('init', '--quiet', '--bare', '../remote.git');
  git('remote', 'add', 'origin', '../remote.git');
  git('add', '--all');
  git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '--message', 'first');
  git('push', '--quiet', 'origin', 'main');
  if (protectedMain)
    workplace.program(
      '../remote.git/hooks/update',
      '#!/bin/sh\ncase "$1" in refs/heads/main) exit 1 ;; esac\n',
    );
}

const pulls = () => JSON.parse(workplace.read('../github.json')).pulls as Record<string, string>[];
const onRemote = (branch: string) => git('--git-dir=../remote.git', 'show', `${branch}:${PROD}`);

/** Runs the shell of a job, step by step, until one fails. */
async function runJob(
  name: WorkflowName,
  inputs: Readonly<Record<string, string>>,
  more: NodeJS.ProcessEnv = {},
) {
  const contexts = {
    ...Object.fromEntries(Object.entries(inputs).map(([key, value]) => [`inputs.${key}`, value])),
    'github.actor': 'somebody',
    'vars.FLEET_AWS_REGION': 'eu-central-1',
  };
  const variables = {
    ...workflows.env,
    ...jobVariables(workflows.of[name], contexts),
    GITHUB_SHA: git('rev-parse', 'HEAD'),
    ...more,
  };
  let said = '';
  for (const { name: step = '', run } of Object.values(workflows.of[name].jobs)[0]?.steps ?? []) {
    if (run === undefined || step === 'Install') continue;
    const { code, stdout, stderr } = await runStep(workflows.of[name], step, workplace.project, variables);
    said += stdout + stderr;
    if (code !== 0) return { code, said };
  }
  return { code: 0, said };
}

describe('canary, its shell executed', () => {
  /** Notes its arguments; what it does to the file and its exit code are told by the variables. */
  const FLEET = `import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
const args = process.argv.slice(2);
appendFileSync('../calls', JSON.stringify(args) + '\\n');
const file = ${JSON.stringify(PROD)};
if (process.env.CHANGES && args[1] !== 'history') writeFileSync(file, readFileSync(file, 'utf8') + process.env.CHANGES);
process.exitCode = args[1] === 'history' ? 0 : Number(process.env.CODE ?? 0);
`;
  const calls = () =>
    workplace
      .read('../calls')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as string[]).join(' '));
  const inputs = { environment: 'prod', model: 'gpt-oss-120b' };

  beforeEach(() => {
    workplace.write('../calls', '');
    workplace.write('bin/fleet.mjs', FLEET);
  });
  beforeAll(() => openRepository());

  test.each([
    [{ action: 'status' }, 'canary status prod'],
    [{ action: 'run' }, 'canary run -- prod gpt-oss-120b'],
    [
      { action: 'run', steps: '1,50,100', gate: 'manual' },
      'canary run --steps=1,50,100 --gate=manual -- prod gpt-oss-120b',
    ],
    [{ action: 'approve' }, 'canary run --resume --approve -- prod gpt-oss-120b'],
    [{ action: 'retry' }, 'canary run --resume --retry -- prod gpt-oss-120b'],
    [{ action: 'resume' }, 'canary run --resume -- prod gpt-oss-120b'],
    [
      { action: 'rollback', reason: 'it is slow; $(id)' },
      'canary rollback --reason=it is slow; $(id) -- prod gpt-oss-120b',
    ],
    [{ action: 'rollback' }, 'canary rollback --reason=somebody asked for it -- prod gpt-oss-120b'],
    [{ action: 'set', weights: 'v32=90 v33=10' }, 'canary set --yes -- prod gpt-oss-120b v32=90 v33=10'],
    [{ action: 'promote' }, 'canary promote --yes -- prod gpt-oss-120b'],
  ])('%o is one command, and the journal is in the summary', async (more, command) => {
    expect(await runJob('canary', { ...inputs, ...more })).toMatchObject({ code: 0 });
    expect(calls()).toEqual([command, 'canary history prod gpt-oss-120b']);
  });

  test('what changed in the file is pushed', async () => {
    openRepository();
    const { said } = await runJob('canary', { ...inputs, action: 'promote' }, { CHANGES: '# promoted\n' });
    expect(said).toContain('pushed to main');
    expect(onRemote('main')).toContain('# promoted');
    expect(pulls()).toEqual([]);
  });

  test('a branch that takes no pushes gets a pull request', async () => {
    openRepository(true);
    const { said } = await runJob('canary', { ...inputs, action: 'promote' }, { CHANGES: '# promoted\n' });
    expect(said).toContain('::warning::main takes no pushes');
    expect(pulls()).toEqual([
      expect.objectContaining({
        head: 'fleet/canary-prod-42',
        base: 'main',
        title: expect.stringContaining('prod'),
      }),
    ]);
    expect(onRemote('fleet/canary-prod-42')).toContain('# promoted');
  });

  test('a rollout that waits for a decision is no failure, one that was rolled back is', async () => {
    expect(await runJob('canary', { ...inputs, action: 'run' }, { CODE: '3' })).toMatchObject({
      code: 0,
      said: expect.stringContaining('is open and waits for a decision'),
    });
    expect(await runJob('canary', { ...inputs, action: 'run' }, { CODE: '1' })).toMatchObject({ code: 1 });
  });

  test('an action that nobody knows is refused', async () => {
    expect(await runJob('canary', { ...inputs, action: 'rm' })).toMatchObject({ code: 1 });
  });
});

describe('image, its shell executed with the real fleet', () => {
  const REPOSITORY = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/gateway';
  const docker = (digest: string) =>
    workplace.program(
      'docker',
      `#!/bin/sh
echo "docker $*" >> ${workplace.path('../calls')}
case "$1" in
  image) echo "sha256:${'1'.repeat(64)} 1000" ;;
  push) echo "tag: digest: ${digest} size: 1" ;;
  login) cat >> ${workplace.path('../calls')} ;;
esac
`,
    );

  beforeEach(() => {
    workplace.write('../calls', '');
    workplace.write(
      'bin/fleet.mjs',
      `await import(${JSON.stringify(workplace.path('../toolkit/dist/fleet.js'))});`,
    );
    workplace.program('aws', '#!/bin/sh\necho "password of $*"\n');
    openRepository();
  });

  test('what was pushed is named by its digest, in a pull request', async () => {
    docker(DIGEST);
    expect(await runJob('image', { environment: 'prod', image: 'gateway' })).toMatchObject({ code: 0 });
    expect(workplace.read('../calls')).toContain(
      `docker login --username AWS --password-stdin ${REPOSITORY.split('/')[0]}\npassword of ecr get-login-password --region eu-central-1`,
    );
    expect(pulls()).toEqual([
      expect.objectContaining({ head: 'fleet/image-prod-gateway-42', body: `\`${REPOSITORY}@${DIGEST}\`` }),
    ]);
    expect(onRemote('fleet/image-prod-gateway-42')).toContain(`${REPOSITORY}@${DIGEST}`);
    expect(onRemote('main')).not.toContain(DIGEST);
  });

  test('the same image again needs no pull request', async () => {
    docker(`sha256:${'b'.repeat(64)}`);
    expect(await runJob('image', { environment: 'prod', image: 'gateway' })).toMatchObject({
      code: 0,
      said: expect.stringContaining('already'),
    });
    expect(pulls()).toEqual([]);
  });
});
