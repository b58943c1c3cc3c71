import { afterAll, beforeAll, expect, test } from 'vitest';
import { judge } from '../../plan/judge.ts';
import { surroundingsOf } from '../../plan/of-environment.ts';
import { readPlan } from '../../plan/plan-json.ts';
import { stagingEnvironment, synthBootstrap } from '../support/bootstrap.ts';
import { type Change, TerraformFolder } from '../support/terraform-folder.ts';

/** Nobody is asked. */
const OFFLINE = {
  access_key: 'test',
  secret_key: 'test',
  allowed_account_ids: [],
  skip_credentials_validation: true,
  skip_metadata_api_check: 'true',
  skip_requesting_account_id: true,
};

const staging = stagingEnvironment();
let folder: TerraformFolder;
let unavailable: string | undefined;
let planned: readonly Change[] = [];

beforeAll(async () => {
  folder = new TerraformFolder(OFFLINE);
  folder.write(synthBootstrap(staging));
  unavailable = await folder.init();
  if (unavailable === undefined) planned = await folder.plan();
}, 300_000);
afterAll(() => folder.remove());

test('the provider plans a bucket and two identities, and the plan checks find nothing in it', ({ skip }) => {
  if (unavailable !== undefined) skip(unavailable);
  expect(new Set(planned.map(({ action }) => action))).toEqual(new Set(['create']));
  expect(planned.map(({ address }) => address)).toEqual(
    expect.arrayContaining(['aws_s3_bucket.state', 'aws_iam_role.plan', 'aws_iam_role.deploy']),
  );
  const { findings } = judge({
    plan: readPlan(folder.document),
    // The account stands in the provider block, where fake keys must not name one.
    surroundings: { ...surroundingsOf(staging), class: 'production', account: undefined },
    today: '2026-11-24',
  });
  expect(findings).toEqual([]);
});

test('a second environment in the same bucket makes its identities alone', async ({ skip }) => {
  if (unavailable !== undefined) skip(unavailable);
  folder.write(synthBootstrap(staging, { bucket: false, provider: false }));
  const types = new Set((await folder.plan()).map(({ type }) => type));
  expect(types).toEqual(new Set(['aws_iam_role', 'aws_iam_role_policy']));
});
