import { TerraformStack } from 'cdktf';
import { expect, test } from 'vitest';
import { configureBackend } from '../../constructs/backend.ts';
import { shippedEnvironment, synth, TEST_TOOLKIT } from '../support/synth.ts';

function backendWith(state: string): unknown {
  const environment = shippedEnvironment('dev', (text) => `${text}\n${state}`);
  const { json } = synth((app) => {
    const stack = new TerraformStack(app, environment.name);
    configureBackend(stack, environment, TEST_TOOLKIT);
    return stack;
  });
  return (json.terraform as { backend: unknown }).backend;
}

test('without a bucket the state is a file in the project', () => {
  expect(backendWith('')).toEqual({ local: { path: '../../../.fleet/dev/terraform.tfstate' } });
});

test('a GCS bucket holds one environment per prefix', () => {
  expect(backendWith('state: { gcs: { bucket: b } }')).toEqual({ gcs: { bucket: 'b', prefix: 'dev' } });
  expect(backendWith('state: { gcs: { bucket: b, prefix: p } }')).toEqual({
    gcs: { bucket: 'b', prefix: 'p' },
  });
});

test('an S3 bucket holds the state encrypted and locked', () => {
  const shared = { bucket: 'b', region: 'r', encrypt: true, use_lockfile: true };
  expect(backendWith('state: { s3: { bucket: b, region: r } }')).toEqual({
    s3: { ...shared, key: 'dev/terraform.tfstate' },
  });
  expect(backendWith('state: { s3: { bucket: b, region: r, key: k } }')).toEqual({
    s3: { ...shared, key: 'k' },
  });
});
