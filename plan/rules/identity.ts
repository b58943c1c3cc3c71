import type { Facts } from '../facts.ts';
import { listOf, type Statement, statementsOf } from '../policy.ts';
import { DENY, DENY_OUTSIDE_DEVELOPMENT, fail, type Observation, type Rule, unknown } from '../rule.ts';
import type { Subject } from '../subject.ts';
import { UNKNOWN } from '../view.ts';

const POLICIES = ['aws_iam_policy', 'aws_iam_role_policy', 'aws_iam_user_policy', 'aws_iam_group_policy'];
const ATTACHMENTS = [
  'aws_iam_role_policy_attachment',
  'aws_iam_user_policy_attachment',
  'aws_iam_policy_attachment',
];
const ADMINISTRATORS = /policy\/(AdministratorAccess|PowerUserAccess|IAMFullAccess)$/;
const GOOGLE_GRANTS = ['project', 'folder', 'organization'].flatMap((level) => [
  `google_${level}_iam_member`,
  `google_${level}_iam_binding`,
]);
const GOOGLE_BROAD = /^roles\/(owner|editor|.*[aA]dmin)$/;
/** Whoever may become others may do what all of them may. */
const AWS_BECOMING = ['sts:AssumeRole', 'iam:PassRole'];
const GOOGLE_BECOMING = /^roles\/iam\.(serviceAccountTokenCreator|serviceAccountUser|workloadIdentityUser)$/;

export const broadPermissions: Rule = {
  id: 'broad-permissions',
  topic: 'identity',
  title: 'an identity may do what its part does, and no more',
  why: 'A machine that runs model servers will one day run something else; then its permissions are the attacker’s.',
  fix: 'Name the actions and the resources. For the identity that deploys, suppress this rule at its address with the reason.',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) => [
    ...facts.wanted(...POLICIES).flatMap((subject) => inPolicy(subject, 'policy', tooBroad)),
    ...facts.wanted(...ATTACHMENTS).flatMap(attached),
    ...facts.wanted(...GOOGLE_GRANTS).flatMap(granted),
  ],
};

function inPolicy(
  subject: Subject,
  key: string,
  judge: (statement: Statement) => string | undefined,
): Observation[] {
  const policy = subject.after?.text(key);
  if (policy === undefined) return [];
  const statements = policy === UNKNOWN ? undefined : statementsOf(policy);
  if (statements === undefined) return [unknown(subject.address, `its ${key} is only known after the apply`)];
  return statements
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap((statement) => {
      const message = judge(statement);
      return message === undefined ? [] : [fail(subject.address, message)];
    });
}

function tooBroad({ Action, NotAction, Resource, Condition = {} }: Statement): string | undefined {
  const actions = listOf(Action);
  const everything = actions.find((action) => action === '*' || action === '*:*');
  if (everything !== undefined || NotAction !== undefined) return 'every action is allowed';
  const restricted = Object.keys(Condition).length > 0;
  const isBroad = (action: string) => action.endsWith(':*') || (!restricted && AWS_BECOMING.includes(action));
  const broad = listOf(Resource).includes('*') ? actions.find(isBroad) : undefined;
  return broad === undefined ? undefined : `${broad} is allowed on everything`;
}

function attached({ address, after }: Subject): Observation[] {
  const policy = after?.text('policy_arn');
  if (policy === UNKNOWN || policy === undefined) return [];
  return ADMINISTRATORS.test(policy) ? [fail(address, `${policy.split('/').at(-1)} is attached`)] : [];
}

function granted({ address, after }: Subject): Observation[] {
  const role = after?.text('role');
  if (role === UNKNOWN) return [unknown(address, 'its role is only known after the apply')];
  return role !== undefined && (GOOGLE_BROAD.test(role) || GOOGLE_BECOMING.test(role))
    ? [fail(address, `${role} for the whole ${address.split('_')[1]}`)]
    : [];
}

export const broadTrust: Rule = {
  id: 'broad-trust',
  topic: 'identity',
  title: 'only named programs and workflows may take an identity',
  why: 'A trust that looks at the audience alone, or at `repo:org/*`, lets workflows of others deploy here.',
  fix: 'Pin the subject: `repo:ORG/REPO:environment:NAME`. Google: an attribute_condition on repository id and environment.',
  severity: DENY,
  check: (facts) => [
    ...facts.wanted('aws_iam_role').flatMap((subject) => inPolicy(subject, 'assume_role_policy', trust)),
    ...facts.wanted('google_iam_workload_identity_pool_provider').flatMap(pool),
  ],
};

const SUBJECT = 'token.actions.githubusercontent.com:sub';
/** Organization and repository in full, and something that narrows it down. */
const PINNED = /^repo:[^*?/]+\/[^*?:]+:(environment|ref|pull_request|job_workflow_ref)(:[^*?]+)?$/;

function trust({ Action, Principal, Condition = {} }: Statement): string | undefined {
  const principals =
    typeof Principal === 'string' ? [Principal] : Object.values(Principal ?? {}).flatMap(listOf);
  const restricted = Object.keys(Condition).length > 0;
  if (principals.includes('*') && !restricted) return 'every account may take the role';
  const github = principals.some((principal) => principal.includes('token.actions.githubusercontent.com'));
  if (!github || !listOf(Action).includes('sts:AssumeRoleWithWebIdentity')) return undefined;
  const subjects = [
    'StringEquals',
    'StringLike',
    'ForAnyValue:StringEquals',
    'ForAnyValue:StringLike',
  ].flatMap((test) => listOf(Condition[test]?.[SUBJECT]));
  if (subjects.length === 0) return 'every workflow on GitHub may take the role: no condition on the subject';
  const wide = subjects.find((subject) => !PINNED.test(subject));
  return wide === undefined ? undefined : `workflows of subject ${wide} may take the role`;
}

function pool(subject: Subject): Observation[] {
  const { address, after } = subject;
  const oidc = subject.blocks('oidc');
  if (oidc !== UNKNOWN && oidc.length === 0) return [];
  const condition = after?.text('attribute_condition');
  if (condition === UNKNOWN)
    return [unknown(address, 'its attribute_condition is only known after the apply')];
  return condition === undefined || condition.trim() === ''
    ? [fail(address, 'no attribute_condition: every workflow on GitHub is let in')]
    : [];
}

export const defaultIdentity: Rule = {
  id: 'default-identity',
  topic: 'identity',
  title: 'programs have a service account of their own',
  why: 'The default service account may do everything in most projects.',
  fix: 'Make a service account with what the part needs, and name it.',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) => [...cloudRunAccounts(facts), ...machineAccounts(facts)],
};

const GOOGLE_MACHINES = [
  'google_compute_instance',
  'google_compute_instance_template',
  'google_compute_region_instance_template',
];

const DEFAULT_ACCOUNT = /-compute@developer\.gserviceaccount\.com$/;

function cloudRunAccounts(facts: Facts): Observation[] {
  return facts.wanted('google_cloud_run_v2_service', 'google_cloud_run_v2_job').flatMap((subject) => {
    const template = subject.blocks('template');
    if (template === UNKNOWN) return [unknown(subject.address, 'its template is only known after the apply')];
    return template.flatMap((view) =>
      account(subject, view.text('service_account'), 'template', 'service_account'),
    );
  });
}

/** An account that the provider fills in is the default one. */
function account(
  subject: Subject,
  email: string | typeof UNKNOWN | undefined,
  block: string,
  argument: string,
): Observation[] {
  const { address } = subject;
  if (email === UNKNOWN && subject.says(argument, block))
    return [unknown(address, 'its service account is only known after the apply')];
  const own = email !== UNKNOWN && email !== undefined && email !== '' && !DEFAULT_ACCOUNT.test(email);
  return own ? [] : [fail(address, 'it runs as the default service account')];
}

function machineAccounts(facts: Facts): Observation[] {
  return facts.wanted(...GOOGLE_MACHINES).flatMap((subject) => {
    const accounts = subject.blocks('service_account');
    if (accounts === UNKNOWN)
      return [unknown(subject.address, 'its service account is only known after the apply')];
    return accounts.flatMap((view) => account(subject, view.text('email'), 'service_account', 'email'));
  });
}

export const metadataWithoutToken: Rule = {
  id: 'metadata-without-token',
  topic: 'identity',
  title: 'the metadata service answers only those who have a token',
  why: 'Without it any program that can be made to fetch a URL gets the machine’s keys. A template that says nothing gets the old service.',
  fix: 'metadata_options { http_tokens = "required" }',
  severity: DENY,
  check: (facts) =>
    facts.wanted('aws_instance', 'aws_launch_template').flatMap((subject) => {
      const options = subject.blocks('metadata_options');
      if (options === UNKNOWN)
        return [unknown(subject.address, 'its metadata_options are only known after the apply')];
      const [first] = options;
      if (first?.get('http_endpoint') === 'disabled') return [];
      const tokens = first?.text('http_tokens');
      if (tokens === UNKNOWN && subject.says('http_tokens', 'metadata_options'))
        return [unknown(subject.address, 'http_tokens is only known after the apply')];
      return tokens === 'required' ? [] : [fail(subject.address, 'metadata is given without a token')];
    }),
};
