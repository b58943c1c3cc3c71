import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { synthesizes } from '../cli/check-support.ts';
import { runStep } from '../support/github/workflow.ts';
import { openWorkflows, type WorkflowName, type Workflows } from '../support/github/workflows.ts';
import { Moto } from '../support/moto.ts';
import { pluginDirectory } from '../support/terraform.ts';

const REGION = 'eu-central-1';
const STATE = 'fleet-state';

/** `fleet up` of a cloud ends in `terraform apply`, which this does to the synthesized stack; all else is the real fleet. */
const FLEET = `import { spawnSync } from 'node:child_process';
if (process.argv[2] === 'up') {
  const { status } = spawnSync('terraform', ['apply', '-auto-approve', '-input=false'], { cwd: 'cdktf.out/stacks/' + process.argv[3], stdio: 'inherit' });
  process.exit(status ?? 1);
}
await import(process.env.FLEET_PROGRAM);
`;

const moto = new Moto();
let workflows: Workflows;
let env: NodeJS.ProcessEnv;
let s3: S3Client;

const stack = (documents: string) => ({
  terraform: {
    required_providers: { aws: { source: 'hashicorp/aws' } },
    backend: {
      s3: {
        ...{
          bucket: STATE,
          key: 'prod/terraform.tfstate',
          region: REGION,
          encrypt: true,
          use_lockfile: true,
        },
        ...{ access_key: 'test', secret_key: 'test', use_path_style: true, skip_metadata_api_check: true },
        endpoints: { s3: moto.url, sts: moto.url },
      },
    },
  },
  provider: { aws: [{ ...moto.provider, region: REGION, allowed_account_ids: ['123456789012'] }] },
  resource: {
    aws_s3_bucket: { documents: { bucket: documents } },
    aws_s3_bucket_versioning: {
      documents: {
        bucket: documents,
        versioning_configuration: [{ status: 'Enabled' }],
        depends_on: ['aws_s3_bucket.documents'],
      },
    },
  },
});

beforeAll(async () => {
  await moto.start();
  workflows = await openWorkflows();
  const { workplace } = workflows;
  workplace.write('bin/fleet.mjs', FLEET);
  workplace.write(
    '../github.json',
    JSON.stringify({ next: 100, comments: [], issues: [], pulls: [{ number: 7, commit: 'abc123' }] }),
  );
  const plugins = pluginDirectory();
  const { TF_CLI_CONFIG_FILE: _absent, ...inherited } = workflows.env;
  env = {
    ...inherited,
    ...moto.env,
    ...(plugins === undefined ? {} : { TF_CLI_ARGS_init: `-plugin-dir=${plugins}` }),
    ...{ CHECKPOINT_DISABLE: '1', ENVIRONMENT: 'prod', PULL_REQUEST: '7', GITHUB_SHA: 'abc123' },
    FLEET_PROGRAM: workplace.path('../toolkit/dist/fleet.js'),
  };
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  s3 = new S3Client({ endpoint: moto.url, region: REGION, forcePathStyle: true, credentials });
  await s3.send(
    new CreateBucketCommand({ Bucket: STATE, CreateBucketConfiguration: { LocationConstraint: REGION } }),
  );
}, 600_000);

afterAll(async () => {
  await workflows?.workplace.close();
  await moto.stop();
});

const github = () => JSON.parse(workflows.workplace.read('../github.json'));
const run = (workflow: WorkflowName, step: string) =>
  runStep(workflows.of[workflow], step, workflows.workplace.project, env);
const passed = async (workflow: WorkflowName, step: string) => {
  const { code, stdout, stderr, outputs } = await run(workflow, step);
  expect({ step, code, said: code === 0 ? '' : stdout + stderr }).toEqual({ step, code: 0, said: '' });
  return outputs;
};

describe.sequential('a pull request on a stand-in for AWS, from its check to the drift afterwards', () => {
  test('its check writes a comment on what would be made', async () => {
    synthesizes(workflows.workplace, stack('example-documents'));
    const { code } = await passed('check', 'Check');
    expect(code).toBe('0');
    await passed('check', 'Comment');
    expect(github().comments).toEqual([
      expect.objectContaining({ issue: 7, body: expect.stringContaining('2 to create') }),
    ]);
  });

  test('what nobody reviewed is not deployed', async () => {
    synthesizes(workflows.workplace, stack('other-documents'));
    await passed('deploy', 'Plan anew');
    expect(await run('deploy', 'Compare with what was reviewed')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('the plan is not the one that was reviewed'),
    });
  });

  test('what was reviewed is applied, and its state is in the bucket', async () => {
    synthesizes(workflows.workplace, stack('example-documents'));
    await passed('deploy', 'Plan anew');
    await passed('deploy', 'Compare with what was reviewed');
    await passed('deploy', 'Deploy');
    await passed('deploy', 'Plan anew');
    expect(await passed('deploy', 'Compare with what was reviewed')).toMatchObject({ empty: 'true' });
  });

  test('what somebody changes by hand opens an issue, which is closed when it is mended', async () => {
    const version = (Status: 'Enabled' | 'Suspended') =>
      s3.send(
        new PutBucketVersioningCommand({ Bucket: 'example-documents', VersioningConfiguration: { Status } }),
      );
    await version('Suspended');
    await passed('drift', 'Check');
    await passed('drift', 'Issue');
    expect(github().issues).toEqual([
      expect.objectContaining({
        state: 'open',
        body: expect.stringContaining('aws_s3_bucket_versioning.documents'),
      }),
    ]);
    await version('Enabled');
    await passed('deploy', 'Deploy');
    await passed('drift', 'Check');
    await passed('drift', 'Issue');
    expect(github().issues).toEqual([expect.objectContaining({ state: 'closed' })]);
  });
});
