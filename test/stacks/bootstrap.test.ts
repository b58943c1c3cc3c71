import { describe, expect, test } from 'vitest';
import { judgedBootstrap } from '../../cli/bootstrap/judged.ts';
import type { Context } from '../../cli/context.ts';
import { judge } from '../../plan/judge.ts';
import { surroundingsOf } from '../../plan/of-environment.ts';
import { readSynthesized } from '../../plan/synthesized.ts';
import { stagingEnvironment, synthBootstrap } from '../support/bootstrap.ts';
import { PROD_EDITS } from '../support/prod.ts';
import { editedEnvironment } from '../support/shipped.ts';
import { EDITS } from '../support/staging.ts';
import { type Attributes, type Synthesized, shippedEnvironment } from '../support/synth.ts';

const prod = shippedEnvironment('prod');
const staging = stagingEnvironment();
const stacks = { prod: synthBootstrap(prod), staging: synthBootstrap(staging) };

const of = (stack: Synthesized, address: string): Attributes => {
  const found = stack.resources.get(address);
  if (found === undefined) throw new Error(`${address} is not in the stack`);
  return found;
};
const addresses = (stack: Synthesized, type: string) =>
  [...stack.resources.keys()].filter((address) => address.startsWith(`${type}.`));

interface Statement {
  readonly Sid: string;
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}
const statements = (role: 'plan' | 'deploy'): Statement[] =>
  addresses(stacks.staging, 'aws_iam_role_policy')
    .filter((address) => address.includes(`.${role}_`))
    .flatMap((address) => JSON.parse(String(of(stacks.staging, address).policy)).Statement);
const actions = (role: 'plan' | 'deploy') => statements(role).flatMap(({ Action }) => [Action].flat());

describe('the state bucket', () => {
  test('of AWS is private, encrypted, versioned, and not destroyed', () => {
    expect(of(stacks.staging, 'aws_s3_bucket.state')).toMatchObject({
      bucket: 'example-fleet-state',
      lifecycle: { prevent_destroy: true },
    });
    expect(of(stacks.staging, 'aws_s3_bucket_versioning.state_versioning')).toMatchObject({
      versioning_configuration: { status: 'Enabled' },
    });
    expect(of(stacks.staging, 'aws_s3_bucket_public_access_block.state_public-access')).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(addresses(stacks.staging, 'aws_s3_bucket_server_side_encryption_configuration')).toHaveLength(1);
    expect(String(of(stacks.staging, 'aws_s3_bucket_policy.state_policy').policy)).toContain(
      '"aws:SecureTransport":"false"',
    );
  });

  test('of Google is private, versioned, and not destroyed', () => {
    expect(of(stacks.prod, 'google_storage_bucket.state')).toMatchObject({
      name: 'example-fleet-state',
      public_access_prevention: 'enforced',
      uniform_bucket_level_access: true,
      versioning: { enabled: true },
      lifecycle: { prevent_destroy: true },
    });
  });

  test.each([
    ['staging', staging, 'aws_s3_bucket'],
    ['prod', prod, 'google_storage_bucket'],
  ] as const)('of %s is another environment’s where it was there before', (_name, environment, type) => {
    const stack = synthBootstrap(environment, { bucket: false, provider: false });
    expect([...stack.resources.keys()].filter((address) => address.startsWith(`${type}.`))).toEqual([]);
    expect(addresses(stack, 'aws_iam_openid_connect_provider')).toEqual([]);
  });

  test.each([
    ['staging', staging, { s3: { key: 'staging/bootstrap.tfstate', encrypt: true, use_lockfile: true } }],
    ['prod', prod, { gcs: { prefix: 'prod-bootstrap' } }],
  ] as const)(
    'of %s takes the stack’s own state, beside the environment’s, once it is there',
    (_n, environment, backend) => {
      const backendOf = (state: 'file' | 'bucket') =>
        (synthBootstrap(environment, { state }).json.terraform as Attributes).backend;
      expect(backendOf('bucket')).toMatchObject(backend);
      expect(backendOf('file')).toEqual({ local: { path: expect.stringContaining('bootstrap.tfstate') } });
    },
  );
});

describe('the identities', () => {
  test.each([
    ['plan', 'repo:example/fleet:environment:staging-check'],
    ['deploy', 'repo:example/fleet:environment:staging'],
  ] as const)('AWS: %s is taken by one subject of GitHub’s alone', (role, subject) => {
    const [statement] = JSON.parse(
      String(of(stacks.staging, `aws_iam_role.${role}`).assume_role_policy),
    ).Statement;
    expect(statement).toMatchObject({
      Action: 'sts:AssumeRoleWithWebIdentity',
      Condition: {
        StringEquals: {
          'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
          'token.actions.githubusercontent.com:sub': subject,
        },
      },
    });
  });

  test('Google: each is taken by one subject alone, and the pool lets in no other', () => {
    const provider = of(stacks.prod, 'google_iam_workload_identity_pool_provider.github_provider');
    expect(provider.attribute_condition).toBe(
      "assertion.sub == 'repo:example/fleet:environment:prod-check' || assertion.sub == 'repo:example/fleet:environment:prod'",
    );
    const member = (role: string) =>
      of(stacks.prod, `google_service_account_iam_member.${role}_github`).member;
    expect(member('plan')).toMatch(/subject\/repo:example\/fleet:environment:prod-check$/);
    expect(member('deploy')).toMatch(/subject\/repo:example\/fleet:environment:prod$/);
  });

  test('AWS: the one that plans writes nothing and reads no secret', () => {
    const reading =
      /^(acm|application-autoscaling|autoscaling|dlm|ec2|ecs|elasticloadbalancing|iam|kms|logs|route53|s3):(Describe|Get|List)/;
    expect(actions('plan').filter((action) => !reading.test(action))).toEqual([]);
    expect(actions('plan').join()).not.toMatch(/secretsmanager|ssm:|kms:Decrypt/);
  });

  test('AWS: the one that deploys makes no roles but the environment’s, buys nothing and reads no secret', () => {
    const iam = statements('deploy').filter(({ Action }) =>
      [Action].flat().some((one) => /^iam:(?!Get|List)/.test(one)),
    );
    for (const { Resource } of iam)
      for (const arn of [Resource].flat()) expect(arn).toMatch(/:(role|instance-profile)\/fleet-staging-\*$/);
    expect(actions('deploy').join()).not.toMatch(
      /Purchase|Reserved|CapacityBlock|secretsmanager|ec2:\*|iam:\*/,
    );
  });

  test('AWS: policies are as short as roles take them', () => {
    for (const role of ['plan', 'deploy'] as const) {
      const texts = addresses(stacks.staging, 'aws_iam_role_policy')
        .filter((address) => address.includes(`.${role}_`))
        .map((address) => String(of(stacks.staging, address).policy));
      expect(texts.join('').length).toBeLessThan(10_240);
    }
  });

  test('Google: the one that plans has roles that write nothing', () => {
    const roles = addresses(stacks.prod, 'google_project_iam_member')
      .filter((address) => address.includes('.plan_'))
      .map((address) => String(of(stacks.prod, address).role));
    for (const role of roles.filter((one) => one.startsWith('roles/')))
      expect(role).toMatch(/([vV]iewer|reader|securityReviewer)$/);
    expect(of(stacks.prod, 'google_project_iam_custom_role.plan_own').permissions).toEqual(
      expect.not.arrayContaining([expect.stringMatching(/\.(set|create|update|delete|access)/)]),
    );
  });

  test('Google: the one that deploys grants no role in the project but those of the environment’s machines', () => {
    expect(of(stacks.prod, 'google_project_iam_member.deploy_grants')).toMatchObject({
      condition: {
        expression:
          "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/logging.logWriter', 'roles/monitoring.metricWriter', 'projects/example-project/roles/fleet_prod_monitoring', 'projects/example-project/roles/fleet_prod_router'])",
      },
    });
  });

  test('those that deploy may make a Redis, and grant what it and Vertex AI need, only where there is one', () => {
    const shared = synthBootstrap(editedEnvironment('prod', [PROD_EDITS.ownRedis, PROD_EDITS.vertex]));
    expect(JSON.stringify(of(shared, 'google_project_iam_member.deploy_grants').condition)).toContain(
      "'projects/example-project/roles/fleet_prod_vertex', 'roles/memorystore.dbConnectionUser'])",
    );
    expect(of(shared, 'google_project_iam_member.plan_redis').role).toBe('roles/memorystore.viewer');
    expect(of(shared, 'google_project_iam_member.deploy_redis').role).toBe('roles/memorystore.admin');
    expect(JSON.stringify([...stacks.prod.resources.values()])).not.toMatch(
      /memorystore|networkconnectivity|vertex/,
    );
    const aws = synthBootstrap(editedEnvironment('staging', [EDITS.ownRedis]));
    expect(JSON.stringify([...aws.resources.values()])).toContain('elasticache:*ReplicationGroup');
    expect(actions('deploy').join()).not.toContain('elasticache');
  });

  test('GitHub is told by outputs', () => {
    expect(stacks.staging.json.output).toMatchObject({
      fleet_workflows: {
        value: {
          plan: { FLEET_AWS_ROLE: 'arn:aws:iam::123456789012:role/fleet-bootstrap/staging-plan' },
          deploy: { FLEET_AWS_ROLE: 'arn:aws:iam::123456789012:role/fleet-bootstrap/staging-deploy' },
        },
      },
    });
  });
});

describe('the plan checks', () => {
  test.each([
    ['staging', staging],
    ['prod', prod],
  ] as const)('find nothing in %s that is not said with its reason', (name, environment) => {
    const { findings } = judge({
      synthesized: readSynthesized(synthBootstrap(environment, { state: 'bucket' }).json),
      surroundings: { ...surroundingsOf(environment), class: 'production' },
      suppressions: [],
      today: '2026-11-24',
    });
    const broad = findings.filter(({ rule }) => rule !== 'broad-permissions');
    expect(broad).toEqual([]);
    expect(findings.every(({ address = '' }) => /^google_project_iam_member\.deploy_/.test(address))).toBe(
      true,
    );
    if (name === 'staging') expect(findings).toEqual([]);
  });

  test('deny a bootstrap that would let every workflow in', () => {
    const [resource] = [
      {
        address: 'google_iam_workload_identity_pool_provider.it',
        mode: 'managed',
        type: 'google_iam_workload_identity_pool_provider',
        change: {
          actions: ['create'],
          before: null,
          after: { oidc: [{ issuer_uri: 'x' }] },
          after_unknown: {},
        },
      },
    ];
    const plan = { format_version: '1.2', complete: true, resource_changes: [resource], configuration: {} };
    const context = { now: () => 0 } as Context;
    expect(judgedBootstrap(plan, prod, context).verdict).toBe('deny');
  });
});
