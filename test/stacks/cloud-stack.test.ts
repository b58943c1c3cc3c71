import type { TerraformStack } from 'cdktf';
import { describe, expect, test } from 'vitest';
import { AwsPlatform } from '../../constructs/aws/aws-platform.ts';
import { GooglePlatform } from '../../constructs/google/google-platform.ts';
import {
  difference,
  shippedEnvironment,
  synthEnvironment,
  TEMPLATES,
  TEST_TOOLKIT,
} from '../support/synth.ts';

const CLOUDS = [
  {
    name: 'staging',
    synth: (change?: (text: string) => string) =>
      synthEnvironment(
        shippedEnvironment('staging', change),
        (stack, environment) => new AwsPlatform(stack, environment, TEST_TOOLKIT, TEMPLATES),
      ),
    weights: 'aws_s3_object.router_weights',
    change: (text: string) => text.replace('weight: 90', 'weight: 80').replace('weight: 5\n', 'weight: 15\n'),
  },
  {
    name: 'prod',
    synth: (change?: (text: string) => string) =>
      synthEnvironment(
        shippedEnvironment('prod', change),
        (stack, environment) => new GooglePlatform(stack, environment, TEST_TOOLKIT, TEMPLATES),
      ),
    weights: 'google_storage_bucket_object.router_weights',
    change: (text: string) => text.replace('weight: 75', 'weight: 70').replace('weight: 5\n', 'weight: 10\n'),
  },
];

test('what the cloud cuts short is a warning of the stack, which cdktf shows', () => {
  const stacks: TerraformStack[] = [];
  const environment = shippedEnvironment('prod', (text) => text.replace('drain: 80', 'drain: 600'));
  synthEnvironment(environment, (stack) => {
    stacks.push(stack);
    return new GooglePlatform(stack, environment, TEST_TOOLKIT, TEMPLATES);
  });
  expect(stacks.flatMap(({ node }) => node.metadata)).toContainEqual(
    expect.objectContaining({
      type: '@cdktf/warn',
      data: expect.stringMatching(
        /^models\.gpt-oss-120b\.releases\.v32\.nodes\.drain: google gives .* \(environments\/prod\.yaml\)$/,
      ),
    }),
  );
});

describe.each(CLOUDS)('$name', ({ synth, weights, change }) => {
  const before = synth();

  test('a weight change is one change of one object', () => {
    const after = synth(change);
    expect(difference(before, after)).toEqual([weights]);
  });

  test('the object keeps its place when its text changes', () => {
    const { source } = before.resources.get(weights) ?? {};
    expect(synth(change).resources.get(weights)?.source).toBe(source);
  });

  test('the servers document names ports and no machine: machines are discovered', () => {
    const { releases } = JSON.parse(before.files.get('router/servers.json') ?? '');
    expect(releases.length).toBeGreaterThan(0);
    for (const release of releases) {
      expect(release.servers).toBeUndefined();
      expect(release.ports.length).toBeGreaterThan(0);
    }
  });

  test('no secret is in the stack or its documents', () => {
    const everything = JSON.stringify([before.json, [...before.files]]);
    expect(everything).toContain('/run/fleet/secrets/hop-key');
    expect(everything).not.toMatch(/sk-|gsk_|BEGIN/);
  });
});

test('the S3 state is locked and encrypted, one object for each environment', () => {
  const { terraform } = CLOUDS[0]?.synth().json ?? {};
  expect(terraform).toMatchObject({
    backend: {
      s3: {
        bucket: 'example-fleet-state',
        key: 'staging/terraform.tfstate',
        encrypt: true,
        use_lockfile: true,
      },
    },
  });
});

test('an environment may name another provider version', () => {
  const { json } =
    CLOUDS[0]?.synth((text) => `${text}\nterraform: { providerVersions: { aws: 5.100.0 } }\n`) ?? {};
  expect(json?.terraform).toMatchObject({ required_providers: { aws: { version: '5.100.0' } } });
});

test('document buckets are private, encrypted and versioned', () => {
  const { resources } = CLOUDS[0]?.synth() ?? {};
  expect(resources?.get('aws_s3_bucket_public_access_block.documents_public-access')).toMatchObject({
    block_public_acls: true,
    block_public_policy: true,
    ignore_public_acls: true,
    restrict_public_buckets: true,
  });
  expect(resources?.get('aws_s3_bucket_versioning.documents_versioning')).toMatchObject({
    versioning_configuration: { status: 'Enabled' },
  });
  expect(CLOUDS[1]?.synth().resources.get('google_storage_bucket.documents')).toMatchObject({
    public_access_prevention: 'enforced',
    uniform_bucket_level_access: true,
    versioning: { enabled: true },
  });
});
