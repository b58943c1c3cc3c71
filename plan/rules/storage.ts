import type { Facts } from '../facts.ts';
import { listOf, statementsOf } from '../policy.ts';
import { DENY, DENY_OUTSIDE_DEVELOPMENT, fail, type Observation, type Rule, unknown } from '../rule.ts';
import type { Subject } from '../subject.ts';
import { UNKNOWN, type View } from '../view.ts';

export const diskUnencrypted: Rule = {
  id: 'disk-unencrypted',
  topic: 'storage',
  title: 'disks and databases are encrypted',
  why: 'Weights, caches and logs are on them. What AWS is not told to encrypt it does not encrypt.',
  fix: 'encrypted = true (storage_encrypted for databases)',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) => [
    ...facts.wanted('aws_ebs_volume').flatMap((subject) => encrypted(subject, subject.after, 'encrypted')),
    ...facts
      .wanted('aws_db_instance', 'aws_rds_cluster')
      .flatMap((subject) => encrypted(subject, subject.after, 'storage_encrypted')),
    ...facts
      .wanted('aws_launch_template')
      .flatMap((subject) =>
        disks(subject, 'block_device_mappings', (mapping) => ebs(subject, mapping.blocks('ebs'))),
      ),
    ...facts
      .wanted('aws_instance')
      .flatMap((subject) =>
        ['root_block_device', 'ebs_block_device'].flatMap((key) =>
          disks(subject, key, (disk) => encrypted(subject, disk, 'encrypted', key)),
        ),
      ),
  ],
};

function disks(subject: Subject, key: string, judge: (view: View) => Observation[]): Observation[] {
  const found = subject.blocks(key);
  return found === UNKNOWN
    ? [unknown(subject.address, 'its disks are only known after the apply')]
    : found.flatMap(judge);
}

function ebs(subject: Subject, found: readonly View[] | typeof UNKNOWN): Observation[] {
  if (found === UNKNOWN) return [unknown(subject.address, 'its disks are only known after the apply')];
  return found.flatMap((view) => encrypted(subject, view, 'encrypted', 'block_device_mappings.ebs'));
}

/** What nobody writes is not encrypted, unless the account says so, which is not in the plan. */
function encrypted(subject: Subject, view: View | undefined, key: string, block?: string): Observation[] {
  const flag = view?.flag(key);
  if (flag === true) return [];
  const nested = block?.includes('.') === true;
  return flag === UNKNOWN && (nested || subject.says(key, block))
    ? [unknown(subject.address, `${key} is only known after the apply`)]
    : [fail(subject.address, `${key} is not true`)];
}

const S3_GUARDS = [
  'block_public_acls',
  'block_public_policy',
  'ignore_public_acls',
  'restrict_public_buckets',
];
const EVERYBODY = ['allUsers', 'allAuthenticatedUsers'];

export const publicBucket: Rule = {
  id: 'public-bucket',
  topic: 'network',
  title: 'nobody outside reads or writes a bucket',
  why: 'Documents name every machine and release; weights and ledgers are in buckets too.',
  fix: 'Keep the guard against public objects on, and grant to named identities.',
  severity: DENY,
  check: (facts) => [...s3(facts), ...gcs(facts)],
};

function s3(facts: Facts): Observation[] {
  const buckets = facts.wanted('aws_s3_bucket').length > 0;
  return [
    ...facts.all('aws_s3_bucket_public_access_block').flatMap(({ address, after, action }) => {
      if (after === undefined)
        return action === 'delete' && buckets
          ? [fail(address, 'the guard against public objects is removed')]
          : [];
      const off = S3_GUARDS.filter((key) => after.flag(key) !== true);
      if (off.some((key) => after.flag(key) === UNKNOWN))
        return [unknown(address, `${off.join(', ')}: only known after the apply`)];
      return off.length > 0 ? [fail(address, `${off.join(', ')} off`)] : [];
    }),
    ...facts.wanted('aws_s3_bucket_acl', 'aws_s3_bucket').flatMap(({ address, after }) => {
      const acl = after?.text('acl');
      return typeof acl === 'string' && acl.startsWith('public') ? [fail(address, `acl ${acl}`)] : [];
    }),
    ...facts.wanted('aws_s3_bucket_policy').flatMap(bucketPolicy),
  ];
}

function bucketPolicy({ address, after }: Subject): Observation[] {
  const policy = after?.text('policy');
  const statements = policy === UNKNOWN || policy === undefined ? undefined : statementsOf(policy);
  if (statements === undefined) return [unknown(address, 'its policy is only known after the apply')];
  const open = statements.some(({ Effect, Principal, Condition }) => {
    const principals =
      typeof Principal === 'string' ? [Principal] : Object.values(Principal ?? {}).flatMap(listOf);
    return Effect === 'Allow' && principals.includes('*') && Condition === undefined;
  });
  return open ? [fail(address, 'its policy lets everybody in')] : [];
}

function gcs(facts: Facts): Observation[] {
  const grants = facts.wanted('google_storage_bucket_iam_member', 'google_storage_bucket_iam_binding');
  const access = facts.wanted(
    'google_storage_bucket_access_control',
    'google_storage_default_object_access_control',
  );
  return [
    ...grants.flatMap(({ address, after }) => {
      const members = [after?.text('member'), after?.texts('members') ?? []].flat();
      if (members.includes(UNKNOWN)) return [unknown(address, 'who is let in is only known after the apply')];
      const everybody = members.find((member) => typeof member === 'string' && EVERYBODY.includes(member));
      return everybody === undefined ? [] : [fail(address, `${String(everybody)} is let in`)];
    }),
    ...access.flatMap(({ address, after }) =>
      EVERYBODY.includes(String(after?.get('entity')))
        ? [fail(address, `${String(after?.get('entity'))} is let in`)]
        : [],
    ),
    ...facts.wanted('google_storage_bucket').flatMap(({ address, after }) => {
      const prevention = after?.text('public_access_prevention');
      if (prevention === UNKNOWN)
        return [unknown(address, 'public_access_prevention is only known after the apply')];
      return prevention === 'enforced' ? [] : [fail(address, 'public_access_prevention is not enforced')];
    }),
  ];
}

export const versioningOff: Rule = {
  id: 'versioning-off',
  topic: 'storage',
  title: 'a bucket goes on keeping old versions',
  why: 'A rollback writes the previous version of an object, and a lost state is got back from one.',
  fix: 'Leave versioning on; a lifecycle rule takes old versions away.',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) => [
    ...facts
      .all('aws_s3_bucket_versioning')
      .flatMap((subject) => turnedOff(subject, 'versioning_configuration', 'status', 'Enabled')),
    ...facts
      .all('google_storage_bucket')
      .flatMap((subject) => turnedOff(subject, 'versioning', 'enabled', true)),
  ],
};

function turnedOff(
  { address, before, after }: Subject,
  key: string,
  inner: string,
  on: unknown,
): Observation[] {
  if (after === undefined) return [];
  const was = valueIn(before, key, inner) === on;
  const is = valueIn(after, key, inner);
  if (is === UNKNOWN) return was ? [unknown(address, `${key} is only known after the apply`)] : [];
  const said = is !== undefined && is !== false && is !== 'Disabled';
  return is !== on && (was || said) ? [fail(address, 'versioning is turned off')] : [];
}

function valueIn(view: View | undefined, key: string, inner: string): unknown {
  const block = view?.block(key);
  return block === undefined || block === UNKNOWN ? block : block.get(inner);
}
