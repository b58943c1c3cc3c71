import { expect, test } from 'vitest';
import { synthStaging, WALK } from '../support/staging.ts';
import { difference } from '../support/synth.ts';

/** The same over plans against a real state: test/verify/aws-apply.test.ts. */
const steps = {
  before: synthStaging(...WALK.before),
  newRelease: synthStaging(...WALK.newRelease),
  canary: synthStaging(...WALK.canary),
  promoted: synthStaging(...WALK.promoted),
  retired: synthStaging(...WALK.retired),
};
const DOCUMENTS = [
  'aws_ecs_task_definition.gateway_task',
  'aws_s3_object.prometheus_rules',
  'aws_s3_object.router_servers',
  'aws_s3_object.router_weights',
];
/** To be held is a matter of Terraform's, not of the cloud's. */
const held = (release: string) =>
  `terraform_data.nodes_gpt-oss-120b_${release}_serves-make-a-new-release-instead`;

test('a new release adds its own and changes only the documents', () => {
  const touched = difference(steps.before, steps.newRelease);
  expect(touched.filter((address) => !address.includes('_v33_'))).toEqual(DOCUMENTS);
});

test('to take traffic as canary is one document; from now on the release is held', () => {
  expect(difference(steps.newRelease, steps.canary)).toEqual(['aws_s3_object.router_weights', held('v33')]);
});

test('promoting is one document; the old release is held no longer', () => {
  expect(difference(steps.canary, steps.promoted)).toEqual(['aws_s3_object.router_weights', held('v32')]);
});

test('retiring removes the old release’s own and changes only the documents', () => {
  const touched = difference(steps.promoted, steps.retired);
  expect(touched.filter((address) => !address.includes('_v32_'))).toEqual(DOCUMENTS);
  for (const address of touched.filter((candidate) => candidate.includes('_v32_')))
    expect(steps.retired.resources.has(address), address).toBe(false);
});
