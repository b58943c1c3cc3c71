import { copyFileSync, cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixture, openWorkplace, ROOT, type Workplace } from '../../cli/support.ts';
import { readWorkflow, type Workflow } from './workflow.ts';

export const WORKFLOWS = ['check', 'deploy', 'drift', 'canary', 'image'] as const;
export type WorkflowName = (typeof WORKFLOWS)[number];

export const PROD = 'environments/prod.yaml';

export const workflowFile = (name: WorkflowName) => `.github/workflows/fleet-${name}.yml`;

/** A project with an environment on AWS and a local one, its workflows written, and GitHub's stand-in on the path. */
export interface Workflows {
  readonly workplace: Workplace;
  readonly of: Readonly<Record<WorkflowName, Workflow>>;
  readonly env: NodeJS.ProcessEnv;
}

export async function openWorkflows(): Promise<Workflows> {
  const workplace = openWorkplace();
  for (const path of ['templates/github', 'templates/docker', 'dist/services'])
    cpSync(join(ROOT, path), workplace.path('..', 'toolkit', path), { recursive: true });
  workplace.write(PROD, fixture('environments/good/aws.yaml'));
  workplace.write('environments/local.yaml', readFileSync(join(ROOT, 'environments/local.yaml'), 'utf8'));
  const { code, stderr } = await workplace.fleet(['ci', 'init']);
  if (code !== 0) throw new Error(stderr);
  copyFileSync(join(ROOT, 'test/support/github/gh.mjs'), join(workplace.bin, 'gh.mjs'));
  workplace.program('gh', `#!/bin/sh\nexec node "${workplace.bin}/gh.mjs" "$@"\n`);
  const read = (name: WorkflowName) => [name, readWorkflow(workplace.path(workflowFile(name)))] as const;
  return {
    workplace,
    of: Object.fromEntries(WORKFLOWS.map(read)) as Record<WorkflowName, Workflow>,
    env: {
      ...process.env,
      PATH: `${workplace.bin}:${process.env.PATH}`,
      HOME: workplace.project,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GITHUB_REPOSITORY: 'example/fleet',
      GITHUB_REF_NAME: 'main',
      GITHUB_RUN_ID: '42',
      GITHUB_FILE: workplace.path('../github.json'),
      GITHUB_STEP_SUMMARY: workplace.path('../summary.md'),
    },
  };
}
