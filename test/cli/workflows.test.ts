import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { actionlint } from '../support/github/actionlint.ts';
import { readWorkflow } from '../support/github/workflow.ts';
import {
  openWorkflows,
  WORKFLOWS,
  type WorkflowName,
  type Workflows,
  workflowFile,
} from '../support/github/workflows.ts';
import { ran } from './support.ts';

/** Their steps write to the repository: they keep a changed environment file. */
const WRITING: readonly WorkflowName[] = ['canary', 'image'];

let workflows: Workflows;
beforeAll(async () => {
  workflows = await openWorkflows();
});
afterAll(() => workflows.workplace.close());

const read = (name: WorkflowName) => workflows.workplace.read(workflowFile(name));
const jobs = () =>
  WORKFLOWS.flatMap((name) => Object.values(workflows.of[name].jobs).map((job) => [name, job] as const));

describe('the workflows', () => {
  test('are written for the environments that are on a cloud', () => {
    for (const name of WORKFLOWS) {
      const text = read(name);
      expect(text).toContain('["prod"]');
      expect(text).not.toContain('local');
    }
  });

  test('have no mistake that actionlint knows', async () => {
    for (const name of WORKFLOWS) expect(await actionlint(workflowFile(name), read(name))).toEqual([]);
    const wrong = read('drift').replace('matrix.environment }}-check', 'matrix.environemnt }}-check');
    expect(await actionlint('wrong.yml', wrong)).toEqual([
      expect.stringContaining('property "environemnt" is not defined'),
    ]);
  }, 120_000);

  test('name every action by its commit', () => {
    for (const [, { steps }] of jobs())
      for (const { uses } of steps)
        if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
  });

  test('may do nothing but what each job says, one run per environment', () => {
    for (const { permissions } of Object.values(workflows.of)) expect(permissions).toEqual({});
    for (const [name, { permissions, concurrency, environment }] of jobs()) {
      expect(permissions.contents).toBe(WRITING.includes(name) ? 'write' : 'read');
      expect(JSON.stringify(concurrency)).toMatch(/(matrix|inputs)\.environment/);
      expect(environment.endsWith('-check')).toBe(name === 'check' || name === 'drift');
    }
  });

  test('put nothing that somebody typed into a shell as text', () => {
    for (const [name, { steps }] of jobs())
      for (const { run, name: step } of steps) expect(run ?? '', `${name}: ${step}`).not.toContain('${{');
  });

  test('sign in with OIDC, and with no secret but the token of the run', () => {
    for (const name of WORKFLOWS) {
      expect(read(name)).not.toMatch(/\$\{\{\s*secrets\./);
      expect(read(name)).toContain('id-token: write');
    }
  });

  test('are written again without a word where nothing changed, and never over what somebody changed', async () => {
    expect(await workflows.workplace.fleet(['ci', 'init'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('fleet-check.yml is as it should be'),
    });
    const drift = read('drift');
    workflows.workplace.write(workflowFile('drift'), `${drift}# mine\n`);
    expect(await workflows.workplace.fleet(['ci', 'init'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${workflowFile('drift')}: exists and is not what would be written`),
    });
    expect(await workflows.workplace.fleet(['ci', 'init', '--force'])).toMatchObject({ code: 0 });
    expect(read('drift')).toBe(drift);
  });

  test('are not written where one environment has the name of another’s reader', async () => {
    const { workplace } = workflows;
    workplace.write('environments/prod-check.yaml', workplace.read('environments/prod.yaml'));
    expect(await workplace.fleet(['ci', 'init'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('prod-check is an environment'),
    });
    rmSync(workplace.path('environments/prod-check.yaml'));
  });

  test('their shell is sound', async () => {
    for (const [name, { steps }] of jobs())
      for (const { name: step, run: text } of steps)
        if (text !== undefined) {
          const script = workflows.workplace.write('../lint.sh', `#!/bin/bash\n${text}`);
          const { stdout } = await ran('shellcheck', ['--shell=bash', script], workflows.env);
          expect(stdout, `${name}: ${step}`).toBe('');
        }
  });
});

describe('the workflow of reviews', () => {
  const file = '.github/workflows/fleet-review.yml';
  const text = () => workflows.workplace.read(file);
  const job = (name: string) => readWorkflow(workflows.workplace.path(file)).jobs[name];

  test('has no mistake that actionlint and shellcheck know, and its actions are named by commit', async () => {
    expect(await actionlint(file, text())).toEqual([]);
    for (const name of ['review', 'tests'])
      for (const { run, uses } of job(name)?.steps ?? []) {
        if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
        if (run === undefined) continue;
        expect(run).not.toContain('${{');
        const script = workflows.workplace.write('../lint.sh', `#!/bin/bash\n${run}`);
        expect((await ran('shellcheck', ['--shell=bash', script], workflows.env)).stdout).toBe('');
      }
  }, 120_000);

  test('has its secret in the job that runs no code of the change, and none in the other', () => {
    const [review, tests] = [job('review'), job('tests')];
    expect(review?.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
    expect(tests?.permissions).toEqual({ contents: 'read' });
    expect(text().match(/secrets\.\w+/g)).toEqual(['secrets.FLEET_REVIEW_KEY']);
    expect(JSON.stringify(tests)).not.toMatch(/secrets\.|github\.token/);
    expect(JSON.stringify(review)).not.toContain('run-tests');
    const [checkout] = review?.steps ?? [];
    expect(JSON.stringify(checkout)).toContain('github.event.pull_request.base.sha');
  });

  test('does nothing for a fork, and nothing before a gateway is named', () => {
    expect(text()).toContain(
      "if: vars.FLEET_REVIEW_URL != '' && github.event.pull_request.head.repo.full_name == github.repository",
    );
  });
});
