import { digestOf } from '../../plan/digest.ts';
import { readPlan } from '../../plan/plan-json.ts';
import type { EnvironmentReport, LocatedFinding } from '../../plan/report.ts';
import { planCases, recordedPlan } from '../support/plans/corpus.ts';
import { judged, planOf, type Resource } from './plans.ts';
import { judgeCase } from './support.ts';

const finding: LocatedFinding = {
  rule: 'state-destroyed',
  topic: 'lifecycle',
  severity: 'deny',
  result: 'fail',
  address: 'aws_s3_bucket.it',
  message: 'destroyed, with what it keeps',
  fix: 'Keep it.',
};

/** A report in which everything is that a report can have. */
export const RICH: EnvironmentReport = {
  name: 'prod',
  file: 'environments/prod.yaml',
  class: 'production',
  verdict: 'deny',
  judged: 'plan',
  digest: 'd1',
  problems: [{ file: 'environments/prod.yaml', line: 3, message: 'weights <90>' }],
  findings: [
    { ...finding, file: 'environments/prod.yaml', line: 7, construct: 'prod/bucket' },
    { ...finding, rule: 'plan-incomplete', address: undefined, message: 'it leaves resources out' },
    { ...finding, rule: 'drift', severity: 'warn', result: 'unknown', file: 'environments/prod.yaml' },
  ],
  suppressed: [{ ...finding, reason: 'it is *empty*', expires: '2026-12-31' }],
  summary: {
    counts: { delete: 1, replace: 1, forget: 1, update: 2, create: 1, import: 1, move: 1 },
    changes: [
      { address: 'a.gone', action: 'delete', reason: 'the plan asks for it' },
      { address: 'a.again', action: 'replace', reason: 'name cannot be changed in place' },
      { address: 'a.left', action: 'forget' },
      { address: 'a.other', action: 'update' },
      { address: 'a.new', action: 'create' },
      { address: 'a.found', action: 'import' },
      { address: 'a.there', action: 'move', from: 'a.here' },
    ],
    outputs: ['fleet_weights'],
    traffic: {
      before: { m: { v1: { weight: 100, role: 'stable' }, v0: { weight: 0 } }, old: { v1: { weight: 100 } } },
      after: {
        m: { v1: { weight: 90, role: 'stable' }, v2: { weight: 10, role: 'canary' } },
        one: { v1: { weight: 100 } },
      },
    },
    weightsOnly: false,
    cost: { before: 1, after: 2.5, unpriced: [{ address: 'a.new', what: 'no price' }] },
    empty: false,
  },
};

/** A finding that denies, and one that warns. */
export const [DENIED, , WARNED] = RICH.findings;

const PROD = {
  name: 'prod',
  file: 'environments/prod.yaml',
  class: 'production',
  judged: 'plan',
  problems: [],
} as const;

/** The report of a case of the corpus. */
export function report(name: string): EnvironmentReport {
  const plan = ['dangerous', 'harmless', 'kinds']
    .flatMap(planCases)
    .find((candidate) => candidate.name === name);
  if (plan === undefined) throw new Error(`no case is called ${name}`);
  const digest = digestOf(readPlan(recordedPlan(plan)));
  return { ...PROD, digest, ...judgeCase(plan) };
}

/** The report of a plan of some resources. */
export function reportOfResources(resources: readonly Resource[]): EnvironmentReport {
  const plan = readPlan(planOf(resources));
  return { ...PROD, ...judged({ plan }) };
}
