import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deployChange } from '../../../cli/canary/deploy-change.ts';
import type { Routers } from '../../../cli/canary/routers.ts';
import type { Context } from '../../../cli/context.ts';
import { Failure } from '../../../cli/errors.ts';
import { judge } from '../../../plan/judge.ts';
import { readPlan } from '../../../plan/plan-json.ts';
import type { EnvironmentReport } from '../../../plan/report.ts';
import { planOf, type Resource } from '../../plan/plans.ts';
import { PRODUCTION, TODAY } from '../../plan/support.ts';
import { ROOT } from '../support.ts';

const MODEL = 'gpt-oss-120b';
const CHANGES = {
  local: { model: MODEL, weights: { v32: 8500, v33: 1000, public: 500 } },
  staging: { model: MODEL, weights: { v32: 8500, v33: 1000, groq: 500 } },
};
const OBJECT: Resource = {
  type: 'aws_s3_object',
  name: 'router_weights',
  before: { etag: 'a' },
  after: { etag: 'b' },
};
/** A share that grows by far more than a change by hand may. */
const shares = (canary: number) => ({
  fleet_weights: {
    actions: ['update'],
    before: JSON.stringify({ m: { v1: { weight: 95, role: 'stable' }, v2: { weight: 5, role: 'canary' } } }),
    after: JSON.stringify({
      m: { v1: { weight: 100 - canary, role: 'stable' }, v2: { weight: canary, role: 'canary' } },
    }),
  },
});

function reportOf(resources: readonly Resource[], canary = 10): EnvironmentReport {
  const { verdict, findings, suppressed, summary } = judge({
    plan: readPlan(planOf(resources, { output_changes: shares(canary) })),
    surroundings: PRODUCTION,
    suppressions: [],
    today: TODAY,
  });
  const place = { name: 'staging', file: 'environments/staging.yaml', class: 'production' };
  return { ...place, judged: 'plan', problems: [], verdict, findings, suppressed, summary };
}

let project: string;
let deployed: string[];

beforeEach(() => {
  deployed = [];
  project = mkdtempSync(join(tmpdir(), 'fleet-deploy-change-'));
  mkdirSync(join(project, 'environments'));
  for (const name of ['local', 'staging'])
    cpSync(join(ROOT, `environments/${name}.yaml`), join(project, `environments/${name}.yaml`));
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

const fileOf = (name: string) => readFileSync(join(project, `environments/${name}.yaml`), 'utf8');

function deploy(name: keyof typeof CHANGES, report: () => EnvironmentReport): Promise<void> {
  const routers: Routers = {
    delivered: async () => undefined,
    deliver: async () => undefined,
    versions: async () => [],
  };
  const context: Context = {
    ...{ project, folder: project, toolkit: ROOT, env: {}, now: () => 0 },
    progress: () => undefined,
    readInput: async () => '',
    onInterrupt: () => () => undefined,
    sleep: async () => undefined,
  };
  const nobody = { until: async () => undefined, end: () => undefined };
  return deployChange(name, CHANGES[name], routers, nobody, context, {
    plan: async () => report(),
    deploy: async (environment) => {
      deployed.push(environment.name);
      return { version: '', routers: [], deploySeconds: 0, appliedSeconds: 0 };
    },
  });
}

describe('a rollout on a cloud deploys', () => {
  test.each([
    ['one update in place of the weights', [OBJECT]],
    ['nothing, where it was applied before a crash', [{ ...OBJECT, after: { etag: 'a' } }]],
  ])('%s', async (_what, resources) => {
    await deploy('staging', () => reportOf(resources));
    expect(deployed).toEqual(['staging']);
    expect(fileOf('staging')).toContain('weight: 85');
  });

  test('a step that is larger than one by hand may be: its metrics judge it', async () => {
    const report = reportOf([OBJECT], 60);
    expect(report).toMatchObject({ verdict: 'deny', findings: [{ rule: 'canary-step' }] });
    await deploy('staging', () => report);
    expect(deployed).toEqual(['staging']);
  });
});

describe('a rollout on a cloud deploys nothing', () => {
  test.each([
    [
      'another object would change',
      [OBJECT, { ...OBJECT, name: 'router_servers' }],
      'update aws_s3_object.router_servers',
    ],
    [
      'the object would be made anew',
      [{ ...OBJECT, actions: ['delete', 'create'] }],
      'replace aws_s3_object.router_weights',
    ],
    [
      'a machine waits in the file',
      [OBJECT, { type: 'aws_instance', name: 'other', after: { id: 'i' } }],
      'create aws_instance.other',
    ],
  ])('%s', async (_what, resources, named) => {
    await expect(deploy('staging', () => reportOf(resources as Resource[]))).rejects.toThrow(named);
    expect(deployed).toEqual([]);
  });

  test('a rule denies it', async () => {
    const [finding] = reportOf([OBJECT], 60).findings;
    const denied = { rule: 'canary-without-nodes', message: 'gpt-oss-120b v33 has no machine' };
    const report = reportOf([OBJECT]);
    const refused = deploy('staging', () => ({
      ...report,
      verdict: 'deny',
      findings: finding === undefined ? [] : [{ ...finding, ...denied }],
    }));
    await expect(refused).rejects.toThrow(denied.message);
    expect(deployed).toEqual([]);
  });

  test('it cannot be planned; the file says what the record says, for whoever goes on', async () => {
    const failed = deploy('staging', () => {
      throw new Failure('no credentials');
    });
    await expect(failed).rejects.toThrow('no credentials');
    expect(deployed).toEqual([]);
    expect(fileOf('staging')).toContain('weight: 85');
  });
});

test('on one’s own hosts the deploy’s plan is the plan', async () => {
  await deploy('local', () => {
    throw new Failure('planned');
  });
  expect(deployed).toEqual(['local']);
});
