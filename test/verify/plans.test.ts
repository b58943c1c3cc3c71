import { afterAll, describe, expect, test } from 'vitest';
import { planCases, providerOf, recordedPlan } from '../support/plans/corpus.ts';
import { PlanRecorder } from '../support/plans/recorder.ts';
import { pluginDirectory } from '../support/terraform.ts';

/** One of so many plans of AWS is made anew: each takes seconds. */
const EVERY = 24;

const recorder = new PlanRecorder(pluginDirectory());
afterAll(() => recorder.end());

const cases = ['dangerous', 'harmless', 'kinds'].flatMap(planCases);
const builtIn = cases.filter((plan) => providerOf(plan) === 'built-in');
const aws = cases.filter((plan) => providerOf(plan) === 'aws').filter((_plan, index) => index % EVERY === 0);

describe('Terraform and its plugins plan today what was recorded', () => {
  test.each([...builtIn, ...aws].map((plan) => [plan.name, plan] as const))('%s', async (_name, plan) => {
    expect(await recorder.plan(plan)).toEqual(recordedPlan(plan));
  });
});
