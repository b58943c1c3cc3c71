import { GetBucketVersioningCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fixture, openWorkplace, ROOT, type Workplace } from '../cli/support.ts';
import { Moto } from '../support/moto.ts';
import { INSTALLED_AWS } from '../support/staging.ts';
import { pluginDirectory } from '../support/terraform.ts';

const BUCKET = 'fleet-state';
const REGION = 'eu-central-1';
/** Account of the stand-in, which is the environment's too. */
const ACCOUNT = '123456789012';

const moto = new Moto();
let workplace: Workplace;
let s3: S3Client;

/** The stand-in ignores the policy's condition, so it would deny everything; for the other it needs a minute (test/verify/aws-apply.test.ts). */
const LEFT_OUT = ['aws_s3_bucket_policy', 'aws_s3_bucket_lifecycle_configuration'];

/** `app` of a project: the real one, then what makes provider and backend talk to the stand-in. */
const APP = `import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
execFileSync(process.execPath, [${JSON.stringify(`${ROOT}/dist/main.js`)}], { stdio: 'inherit' });
for (const stack of readdirSync('cdktf.out/stacks')) {
  const file = 'cdktf.out/stacks/' + stack + '/cdk.tf.json';
  const json = JSON.parse(readFileSync(file, 'utf8'));
  for (const type of ${JSON.stringify(LEFT_OUT)}) delete json.resource[type];
  Object.assign(json.provider.aws[0], JSON.parse(process.env.TEST_PROVIDER));
  if (json.terraform.backend.s3) Object.assign(json.terraform.backend.s3, JSON.parse(process.env.TEST_BACKEND));
  writeFileSync(file, JSON.stringify(json));
}
`;

beforeAll(async () => {
  await moto.start();
  workplace = openWorkplace();
  const text = fixture('environments/good/aws.yaml');
  expect(text).toContain(BUCKET);
  const pinned = `${text}terraform: { providerVersions: { aws: ${INSTALLED_AWS} } }\n`;
  workplace.write('environments/staging.yaml', pinned);
  workplace.write('environments/second.yaml', pinned);
  workplace.write('app.mjs', APP);
  workplace.write('cdktf.json', JSON.stringify({ app: 'node app.mjs' }));
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  s3 = new S3Client({ endpoint: moto.url, region: REGION, forcePathStyle: true, credentials });
}, 600_000);

afterAll(async () => {
  await workplace?.close();
  await moto.stop();
});

async function bootstrap(environment: string, ...flags: readonly string[]) {
  const plugins = pluginDirectory();
  const { code, stdout, stderr } = await workplace.fleet(
    ['bootstrap', environment, '--repository', 'example/fleet', '--json', ...flags],
    {
      ...moto.env,
      CHECKPOINT_DISABLE: '1',
      TEST_PROVIDER: JSON.stringify(moto.provider),
      TEST_BACKEND: JSON.stringify({
        ...{
          endpoints: { s3: moto.url, sts: moto.url },
          use_path_style: true,
          skip_metadata_api_check: true,
        },
        ...{ access_key: 'test', secret_key: 'test' },
      }),
      ...(plugins === undefined ? {} : { TF_CLI_ARGS_init: `-plugin-dir=${plugins}` }),
    },
  );
  return code === 0 ? { code, result: JSON.parse(stdout) } : { code, stderr };
}

const stateOf = async (environment: string) => {
  const object = { Bucket: BUCKET, Key: `${environment}/bootstrap.tfstate` };
  const { Body } = await s3.send(new GetObjectCommand(object));
  const { resources } = JSON.parse((await Body?.transformToString()) ?? '{}');
  return (resources as { type: string; name: string }[]).map(({ type, name }) => `${type}.${name}`);
};

describe.sequential('fleet bootstrap on a stand-in for AWS', () => {
  test('shows what would happen', async () => {
    const { code, result } = await bootstrap('staging', '--dry-run');
    expect(code).toBe(0);
    expect(result).toMatchObject({ applied: false, makesBucket: true, findings: [] });
    expect(result.changes).toContainEqual(expect.objectContaining({ address: 'aws_s3_bucket.state' }));
  });

  test('does nothing that nobody agreed to', async () => {
    expect(await bootstrap('staging')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('without a terminal, agree with --yes'),
    });
  });

  test('makes the bucket, moves its own state into it, and says what GitHub has to know', async () => {
    const { code, stderr, result } = await bootstrap('staging', '--yes');
    expect({ code, stderr }).toEqual({ code: 0 });
    expect(result).toMatchObject({
      applied: true,
      variables: {
        'staging-check': { FLEET_AWS_ROLE: `arn:aws:iam::${ACCOUNT}:role/fleet-bootstrap/staging-plan` },
        staging: { FLEET_AWS_ROLE: `arn:aws:iam::${ACCOUNT}:role/fleet-bootstrap/staging-deploy` },
      },
    });
    const versioning = await s3.send(new GetBucketVersioningCommand({ Bucket: BUCKET }));
    expect(versioning.Status).toBe('Enabled');
    expect(await stateOf('staging')).toEqual(
      expect.arrayContaining([
        'aws_s3_bucket.state',
        'aws_iam_role.deploy',
        'aws_iam_openid_connect_provider.github',
      ]),
    );
    expect(workplace.has('.fleet/staging/bootstrap.tfstate')).toBe(false);
  });

  test('a second run changes nothing', async () => {
    const { code, stderr, result } = await bootstrap('staging', '--yes');
    expect({ code, stderr }).toEqual({ code: 0 });
    expect(result).toMatchObject({ changes: [], applied: false, makesBucket: true });
  });

  test('another environment in the same bucket makes its identities alone', async () => {
    const { stderr, result } = await bootstrap('second', '--yes');
    expect(stderr).toBeUndefined();
    expect(result).toMatchObject({ applied: true, makesBucket: false });
    const types = new Set((await stateOf('second')).map((address) => address.split('.')[0]));
    expect(types).toEqual(new Set(['aws_iam_role', 'aws_iam_role_policy']));
  });
});
