import { describe, expect, test } from 'vitest';
import { CATALOGUE, ruleNamed } from '../../plan/catalogue.ts';
import { observe, type Resource } from './plans.ts';

/** What nobody knows is denied in production for networks, secrets and lifecycle: so it matters where a rule belongs. */
const TOPICS = {
  lifecycle: [
    'release-interrupted',
    'gpu-nodes-replaced',
    'gpu-nodes-destroyed',
    'gpu-group-smaller',
    'routers-replaced-at-once',
    'state-destroyed',
    'forgotten',
    'protection-off',
    'gone-before-created',
    'mass-destruction',
  ],
  secret: ['secret-in-clear', 'secret-in-state', 'secret-in-script', 'secret-version-latest'],
  network: [
    'public-port',
    'ssh-port',
    'public-address',
    'published-everywhere',
    'public-without-tls',
    'public-service',
    'public-bucket',
    'grafana-open',
    'open-egress',
    'gateway-without-network',
  ],
  identity: [
    'broad-permissions',
    'broad-trust',
    'default-identity',
    'metadata-without-token',
    'container-owns-host',
  ],
  traffic: [
    'weights-sum',
    'canary-step',
    'canary-without-nodes',
    'rollout-open',
    'weights-not-alone',
    'drain-cut',
  ],
  money: ['over-budget', 'unknown-price', 'irrevocable-purchase', 'instances-unbounded'],
  storage: ['disk-unencrypted', 'versioning-off', 'unshielded-machine'],
  software: ['image-unpinned', 'dangerous-vllm-flag', 'machine-image-unpinned', 'model-revision-unpinned'],
  state: ['state-local', 'state-unlocked', 'state-unencrypted', 'state-shared'],
  plan: ['plan-incomplete', 'check-failed', 'wrong-account', 'name-refused', 'drift'],
};

test.each(Object.entries(TOPICS))('rules about %s', (topic, ids) =>
  expect(CATALOGUE.filter((rule) => rule.topic === topic).map(({ id }) => id)).toEqual(ids),
);

test('each rule is about one of these', () =>
  expect(CATALOGUE.map(({ id }) => id).toSorted()).toEqual(Object.values(TOPICS).flat().toSorted()));

function results(id: string, resource: Resource): string[] {
  const rule = ruleNamed(id);
  if (rule === undefined) throw new Error(`no rule is called ${id}`);
  return observe(rule, [resource]).map(({ result }) => result);
}

describe('what keeps something', () => {
  test.each([
    ...['aws_s3_bucket', 'aws_ebs_volume', 'aws_efs_file_system', 'aws_kms_key', 'aws_secretsmanager_secret'],
    ...['aws_db_instance', 'aws_rds_cluster', 'aws_dynamodb_table', 'aws_ecr_repository', 'aws_eip'],
    ...['aws_route53_zone', 'google_storage_bucket', 'google_compute_disk', 'google_compute_region_disk'],
    ...['google_sql_database_instance', 'google_kms_key_ring', 'google_kms_crypto_key', 'docker_volume'],
    ...['google_secret_manager_secret', 'google_filestore_instance', 'google_artifact_registry_repository'],
    ...['google_compute_address', 'google_compute_global_address', 'google_dns_managed_zone'],
  ])('%s is not destroyed', (type) =>
    expect(results('state-destroyed', { type, before: { name: 'a' } })).toEqual(['fail']),
  );
});

describe('what is a secret by itself', () => {
  test.each([
    ['aws_secretsmanager_secret_version', 'secret_string'],
    ['aws_secretsmanager_secret_version', 'secret_binary'],
    ['aws_db_instance', 'password'],
    ['aws_rds_cluster', 'master_password'],
    ['google_secret_manager_secret_version', 'secret_data'],
    ['google_sql_user', 'password'],
  ])('%s, %s: does not pass through Terraform', (type, key) => {
    expect(results('secret-in-state', { type, after: { [key]: 'a' } })).toEqual(['fail']);
    expect(results('secret-in-state', { type, after: { [key]: '' } })).toEqual([]);
    expect(results('secret-in-state', { type, after: { other: 'a' } })).toEqual([]);
    const secret = 'aB3dE6gH9jK2mN5pQ8sT';
    expect(results('secret-in-clear', { type, after: { [key]: secret } })).toEqual([]);
    expect(results('secret-in-clear', { type, after: { other_token: secret } })).toEqual(['fail']);
  });

  test.each(['aws_iam_access_key', 'google_service_account_key', 'random_password', 'tls_private_key'])(
    '%s is not made by Terraform',
    (type) => expect(results('secret-in-state', { type, after: {} })).toEqual(['fail']),
  );

  test('a parameter is one where it says so', () => {
    const of = (kind: string) =>
      results('secret-in-state', { type: 'aws_ssm_parameter', after: { type: kind, value: 'a' } });
    expect([of('SecureString'), of('String')]).toEqual([['fail'], []]);
  });
});

describe('what is bought for a fixed term', () => {
  test.each([
    ...['aws_ec2_capacity_block_reservation', 'aws_rds_reserved_instance', 'aws_savingsplans_plan'],
    ...['aws_shield_subscription', 'google_compute_region_commitment', 'google_bigquery_capacity_commitment'],
    'google_compute_future_reservation',
  ])('%s', (type) => {
    expect(results('irrevocable-purchase', { type, after: {} })).toEqual(['fail']);
    expect(
      results('irrevocable-purchase', { type, before: {}, after: {}, actions: ['delete', 'create'] }),
    ).toEqual(['fail']);
    expect(results('irrevocable-purchase', { type, before: { a: 1 }, after: { a: 2 } })).toEqual([]);
  });
});

describe('a name', () => {
  const of = (type: string, key: string, name: string) =>
    results('name-refused', { type, after: { [key]: name } }).length === 0;
  test.each([
    [
      'google_compute_network',
      'name',
      ['a', 'ab', 'a-b', 'a1', `a${'b'.repeat(62)}`],
      ['', '1a', '-a', 'a-', 'A', 'aB', 'a_b', 'aB-c', `a${'b'.repeat(63)}`],
    ],
    ['google_compute_firewall', 'name', ['a'], ['A']],
    ['google_compute_instance', 'name', ['a'], ['A']],
    ['google_compute_subnetwork', 'name', ['a'], ['A']],
    ['google_compute_region_instance_group_manager', 'name', ['a'], ['A']],
    [
      'google_service_account',
      'account_id',
      ['abcdef', `a${'b'.repeat(29)}`, 'a-b-c1'],
      ['abcde', `a${'b'.repeat(30)}`, '1bcdef', 'abcde-', 'Abcdef'],
    ],
    [
      'google_storage_bucket',
      'name',
      ['abc', 'a.b', '1-2', 'a'.repeat(63)],
      ['ab', 'a'.repeat(64), '-ab', 'ab-', 'aBc', 'a_b', 'Abc', 'abC'],
    ],
    ['aws_s3_bucket', 'bucket', ['abc'], ['ab']],
    ['aws_iam_role', 'name', ['a', 'A+=,.@_-1', 'a'.repeat(64)], ['a'.repeat(65), 'a b', 'a/b']],
    ['aws_lb', 'name', ['a', 'A-1', 'a'.repeat(32)], ['a'.repeat(33), '-a', 'a-', 'a_b', 'internal-a', '_a']],
    ['aws_lb_target_group', 'name', ['a'], ['a_']],
  ] as const)('of %s: %s', (type, key, taken, refused) => {
    expect(taken.filter((name) => !of(type, key, name))).toEqual([]);
    expect(refused.filter((name) => name !== '' && of(type, key, name))).toEqual([]);
    expect([of(type, key, ''), results('name-refused', { type, after: { other: 'a b' } })]).toEqual([
      true,
      [],
    ]);
  });
});

describe('protection against deletion', () => {
  test.each([
    'disable_api_termination',
    'enable_deletion_protection',
    'deletion_protection',
    'deletion_protection_enabled',
  ])('%s', (key) => {
    expect(
      results('protection-off', { type: 'a', before: { [key]: true }, after: { [key]: false } }),
    ).toEqual(['fail']);
    expect(
      results('protection-off', { type: 'a', before: { [key]: true, b: 1 }, after: { [key]: true, b: 2 } }),
    ).toEqual([]);
    expect(results('protection-off', { type: 'a', before: { [key]: false, b: 1 }, after: { b: 2 } })).toEqual(
      [],
    );
  });
});
