import {
  CreateBucketCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CloudFinding } from '../../cli/clouds/doctor/check.ts';
import { fixture, openWorkplace, type Workplace } from '../cli/support.ts';
import { Moto } from '../support/moto.ts';

const REGION = 'eu-central-1';
const BYTES = 32 * 1024 * 1024 + 5;
const SHARD = 'models/acme/tiny/model.safetensors';

const moto = new Moto();
let workplace: Workplace;
let s3: S3Client;

beforeAll(async () => {
  await moto.start();
  workplace = openWorkplace();
  workplace.program('terraform', '#!/bin/sh\necho Terraform v1.9.0\n');
  const text = fixture('environments/good/aws.yaml')
    .replace(
      'models:',
      'models:\n  tiny:\n    definition: { weights: acme/tiny, contextTokens: 1024, price: { input: 1, output: 1 } }\n    releases: { elsewhere: { weight: 100, url: http://10.0.0.9:8000 } }',
    )
    .replace('nodeImage:', 'weights: { bucket: fleet-weights }\n  nodeImage:');
  workplace.write('environments/staging.yaml', text);
  workplace.write('tiny/config.json', '{}');
  workplace.write('tiny/model.safetensors', 'x'.repeat(BYTES));
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  s3 = new S3Client({ endpoint: moto.url, region: REGION, forcePathStyle: true, credentials });
}, 600_000);

afterAll(async () => {
  await workplace?.close();
  await moto.stop();
});

const fleet = (args: readonly string[], input = '') => workplace.fleet(args, moto.env, undefined, input);

async function findings(): Promise<Map<string, CloudFinding>> {
  const { stdout } = await fleet(['doctor', 'staging', '--json']);
  const { cloud } = JSON.parse(stdout) as { cloud: CloudFinding[] };
  return new Map(cloud.map((finding) => [finding.what, finding]));
}

async function makeBucket(Bucket: string): Promise<void> {
  await s3.send(
    new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: REGION } }),
  );
}

test('an empty account lacks everything, each with its command', async () => {
  const found = await findings();
  expect(found.get('credentials')).toMatchObject({ state: 'found' });
  expect(found.get('state bucket fleet-state')).toMatchObject({
    state: 'missing',
    fix: 'aws s3api create-bucket --bucket fleet-state --region eu-central-1 --create-bucket-configuration LocationConstraint=eu-central-1',
  });
  expect(found.get('machine image')).toMatchObject({ state: 'missing' });
  expect(found.get('vLLM image')).toMatchObject({ state: 'missing' });
  expect(found.get('weights bucket fleet-weights')).toMatchObject({ state: 'missing' });
  expect(found.get('secret router-key')).toMatchObject({
    state: 'missing',
    fix: 'fleet secret set staging router-key',
  });
  expect(found.get('quota Running On-Demand G and VT instances')).toMatchObject({ state: 'unknown' });
});

test('a bucket counts as state bucket once it keeps versions', async () => {
  await makeBucket('fleet-state');
  expect((await findings()).get('state bucket fleet-state')).toMatchObject({
    state: 'missing',
    detail: 'it keeps no old versions',
  });
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: 'fleet-state', VersioningConfiguration }));
  expect((await findings()).get('state bucket fleet-state')).toMatchObject({ state: 'found' });
});

test('a secret is made, then gets a version; keys live in one', async () => {
  const set = () => fleet(['secret', 'set', 'staging', 'router-key'], 'a value');
  expect((await set()).stdout).toBe('secret router-key of staging: created (aws fleet/router-key)\n');
  expect((await set()).stdout).toBe('secret router-key of staging: new version (aws fleet/router-key)\n');
  expect(await fleet(['key', 'create', 'team', 'staging'])).toMatchObject({ code: 0 });
  expect((await fleet(['key', 'list', 'staging'])).stdout).toMatch(/^team /m);
  expect((await findings()).get('secret gateway-keys')).toMatchObject({ state: 'found' });
});

test('weights arrive in parts, and the second push sends nothing', async () => {
  await makeBucket('fleet-weights');
  const push = () => fleet(['weights', 'push', 'staging', 'tiny', '--from', 'tiny', '--json']);
  const first = await push();
  expect(first).toMatchObject({ code: 0 });
  const object = await s3.send(new HeadObjectCommand({ Bucket: 'fleet-weights', Key: SHARD }));
  expect(object.ContentLength).toBe(BYTES);
  expect(object.ETag).toMatch(/-2"$/);
  expect(JSON.parse((await push()).stdout)).toMatchObject({ uploadedBytes: 0 });
});
