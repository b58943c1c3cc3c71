import { type Fate, reasonOf } from '../fate.ts';
import type { NodeGroup } from '../nodes.ts';
import {
  DENY_IN_PRODUCTION,
  DENY_OUTSIDE_DEVELOPMENT,
  fail,
  type Observation,
  type Rule,
  unknown,
  WARN,
} from '../rule.ts';
import type { Subject } from '../subject.ts';
import { UNKNOWN } from '../view.ts';

/** Fates that only the apply decides. */
const UNDECIDED: readonly Fate['kind'][] = ['resized', 'unknown'];

export const gpuNodesReplaced: Rule = {
  id: 'gpu-nodes-replaced',
  topic: 'lifecycle',
  title: 'a GPU machine that serves is not replaced',
  why: 'It ends what it is answering, and the capacity that it gives back may not be had again.',
  fix: 'A release’s nodes stay as they are: add another release with the change, move the weight, retire the old one.',
  severity: DENY_IN_PRODUCTION,
  check: (facts) =>
    facts.nodes
      .filter(({ serves }) => serves)
      .flatMap((group) => {
        const { subject, fate } = group;
        if (fate.kind === 'unknown')
          return [unknown(subject.address, `its machines may be replaced: ${fate.reason}`)];
        return fate.kind === 'replaced'
          ? [fail(subject.address, `${machinesOf(group)} replaced: ${fate.reason}`)]
          : [];
      }),
};

export const routersReplacedAtOnce: Rule = {
  id: 'routers-replaced-at-once',
  topic: 'lifecycle',
  title: 'a router always stays',
  why: 'Every request passes a router: without one nothing is answered, and all streams are cut.',
  fix: 'Let the group replace its machines one at a time: an instance refresh that keeps 100 % healthy, max_unavailable_fixed = 0.',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) =>
    facts.routers.flatMap(({ subject, before, fate }) => {
      if (UNDECIDED.includes(fate.kind))
        return [unknown(subject.address, `its machines may go at once: ${fate.reason}`)];
      return fate.kind !== 'kept' && fate.awayAtOnce >= before
        ? [fail(subject.address, `all of its routers go at once: ${fate.reason}`)]
        : [];
    }),
};

function machinesOf({ before }: NodeGroup): string {
  const count = before?.count;
  const type = before?.machine.type;
  const what = type === undefined || type === UNKNOWN || type === '' ? 'machine' : type;
  if (count === undefined || count === UNKNOWN) return `machines (${what}) are`;
  return count === 1 ? `1 machine (${what}) is` : `${count} machines (${what}) are`;
}

export const gpuNodesDestroyed: Rule = {
  id: 'gpu-nodes-destroyed',
  topic: 'lifecycle',
  title: 'GPU machines that serve are not destroyed',
  why: 'Requests go to them.',
  fix: 'Move the weight of the release to 0 first, and retire it as its own plan.',
  severity: DENY_IN_PRODUCTION,
  check: (facts) =>
    facts.nodes
      .filter(({ serves, fate }) => serves && fate.kind === 'destroyed')
      .map((group) => fail(group.subject.address, `${machinesOf(group)} destroyed: ${group.fate.reason}`)),
};

export const gpuGroupSmaller: Rule = {
  id: 'gpu-group-smaller',
  topic: 'lifecycle',
  title: 'a group of GPU machines that serves does not get smaller',
  why: 'The plan shows an update; a machine that is answering ends.',
  fix: 'Move weight away first, or suppress this rule at the address for the day of the change.',
  severity: DENY_IN_PRODUCTION,
  check: (facts) =>
    facts.nodes
      .filter(({ serves }) => serves)
      .flatMap(({ subject: { address }, fate: { kind, reason } }) => {
        if (kind === 'resized') return [unknown(address, reason)];
        return kind === 'fewer' ? [fail(address, reason)] : [];
      }),
};

export const releaseInterrupted: Rule = {
  id: 'release-interrupted',
  topic: 'lifecycle',
  title: 'a release that serves keeps a machine at every moment',
  why: 'Its share of the traffic would fail until the first new machine has loaded the model.',
  fix: 'Keep part of the machines, or move the weight of the release to 0 first.',
  severity: DENY_IN_PRODUCTION,
  check: (facts) => [...releases(facts.nodes)].flatMap(([release, groups]) => interrupted(release, groups)),
};

function releases(nodes: readonly NodeGroup[]): Map<string, NodeGroup[]> {
  const found = new Map<string, NodeGroup[]>();
  for (const group of nodes.filter(({ serves }) => serves)) {
    const { model, release, subject } = group;
    const name = model === undefined || release === undefined ? subject.address : `${model} ${release}`;
    found.set(name, [...(found.get(name) ?? []), group]);
  }
  return found;
}

function interrupted(release: string, groups: readonly NodeGroup[]): Observation[] {
  const hit = groups.filter(({ fate }) => fate.kind !== 'kept');
  const [first] = hit;
  if (first === undefined) return [];
  const there = groups.map(({ before }) => before?.count ?? 0);
  const address = first.subject.address;
  if (there.includes(UNKNOWN) || hit.some(({ fate }) => UNDECIDED.includes(fate.kind)))
    return [unknown(address, `whether ${release} keeps a machine is only known after the apply`)];
  const total = (there as number[]).reduce((sum, count) => sum + count, 0);
  const away = hit.reduce((sum, { fate }) => sum + fate.awayAtOnce, 0);
  return total > 0 && away >= total
    ? [fail(address, `${release} has no machine for a while: ${away} of ${total} go at once`)]
    : [];
}

/** What holds data, names or keys that nothing can make again. */
export const STATE_BEARING = [
  ...['aws_s3_bucket', 'aws_ebs_volume', 'aws_efs_file_system', 'aws_kms_key', 'aws_secretsmanager_secret'],
  ...[
    'aws_db_instance',
    'aws_rds_cluster',
    'aws_dynamodb_table',
    'aws_ecr_repository',
    'aws_eip',
    'aws_route53_zone',
  ],
  ...[
    'google_storage_bucket',
    'google_compute_disk',
    'google_compute_region_disk',
    'google_sql_database_instance',
  ],
  ...[
    'google_kms_key_ring',
    'google_kms_crypto_key',
    'google_secret_manager_secret',
    'google_filestore_instance',
  ],
  ...[
    'google_artifact_registry_repository',
    'google_compute_address',
    'google_compute_global_address',
    'google_dns_managed_zone',
  ],
  'docker_volume',
];

export const stateDestroyed: Rule = {
  id: 'state-destroyed',
  topic: 'lifecycle',
  title: 'what keeps something is not destroyed',
  why: 'Buckets, disks, keys, secrets and addresses come back empty, or not at all.',
  fix: 'Keep it, move it in the code with a `moved` block, or suppress this rule at the address when its content is safe.',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) =>
    facts.all(...STATE_BEARING).flatMap(({ address, action, change }) => {
      if (change === undefined || (action !== 'delete' && action !== 'replace')) return [];
      const what =
        action === 'replace' ? 'replaced, and what it keeps is gone' : 'destroyed, with what it keeps';
      return [fail(address, `${what}: ${reasonOf(change)}`)];
    }),
};

export const forgotten: Rule = {
  id: 'forgotten',
  topic: 'lifecycle',
  title: 'nothing is left running that nobody owns',
  why: 'A `removed` block with destroy = false leaves it there: it costs, and no plan will show it again.',
  fix: 'Destroy it, or import it into the stack that will own it and suppress this rule for the day.',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) =>
    facts.subjects
      .filter(({ action }) => action === 'forget')
      .map(({ address }) => fail(address, 'it leaves the state and stays where it is')),
};

const PROTECTIONS = [
  'disable_api_termination',
  'enable_deletion_protection',
  'deletion_protection',
  'deletion_protection_enabled',
];

export const protectionOff: Rule = {
  id: 'protection-off',
  topic: 'lifecycle',
  title: 'protection against deletion stays on',
  why: 'One mistaken call, or the next plan, ends what serves.',
  fix: 'Leave it on; take it off in the plan before the one that retires the resource.',
  severity: DENY_IN_PRODUCTION,
  check: (facts) => facts.subjects.filter(({ action }) => action === 'update').flatMap(unprotected),
};

function unprotected({ address, before, after }: Subject): Observation[] {
  return PROTECTIONS.filter((key) => before?.flag(key) === true).flatMap((key) => {
    const now = after?.flag(key);
    if (now === true) return [];
    return now === UNKNOWN
      ? [unknown(address, `${key} is only known after the apply`)]
      : [fail(address, `${key} is turned off`)];
  });
}

const SERVING =
  /^(aws_lb|aws_instance|aws_ecs_service|aws_nat_gateway|google_compute_instance|google_cloud_run_v2_service|google_compute_forwarding_rule|google_compute_router_nat|docker_container)$/;

export const goneBeforeCreated: Rule = {
  id: 'gone-before-created',
  topic: 'lifecycle',
  title: 'what requests pass is created anew before it goes',
  why: 'Between the two nothing answers.',
  fix: 'lifecycle { create_before_destroy = true }, or change it in place.',
  severity: WARN,
  check: (facts) =>
    facts.subjects
      .filter(
        ({ type, action, change }) =>
          action === 'replace' && SERVING.test(type) && change?.createdFirst === false,
      )
      .map(({ address }) => fail(address, 'it goes before the new one is there')),
};

const FEW = 5;
const SHARE = 0.2;

export const massDestruction: Rule = {
  id: 'mass-destruction',
  topic: 'lifecycle',
  title: 'a plan destroys few of many',
  why: 'Many deletions at once are most often the wrong workspace, or a renamed construct.',
  fix: 'Read the list. If it is meant, do it in parts.',
  severity: WARN,
  check: (facts) => {
    const there = facts.subjects.filter(({ change }) => change?.before !== undefined);
    const going = there.filter(({ action }) => action === 'delete' || action === 'replace').length;
    return going > FEW && going > there.length * SHARE
      ? [fail(undefined, `${going} of ${there.length} resources are destroyed or replaced`)]
      : [];
  },
};
