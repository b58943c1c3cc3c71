import { decoded } from '../encoded-text.ts';
import type { Facts } from '../facts.ts';
import { DENY, fail, type Observation, type Rule, unknown } from '../rule.ts';
import { assignsSecret, hasKeyShape, isSecretName, looksRandom } from '../secret-shapes.ts';
import type { Subject } from '../subject.ts';
import { UNKNOWN, type Values } from '../view.ts';

export const secretInClear: Rule = {
  id: 'secret-in-clear',
  topic: 'secret',
  title: 'no secret stands in a plan',
  why: 'Plans, states, user data and metadata are read by many; base64 and gzip hide nothing.',
  fix: 'Put the value into a secret store and let the machine fetch it. Replace this one: it has been seen.',
  severity: DENY,
  check: (facts) => [
    ...inResources(facts),
    ...inOutputs(facts),
    ...inVariables(facts),
    ...inProviders(facts),
  ],
};

function inResources({ subjects }: Facts): Observation[] {
  return subjects.flatMap((subject) => {
    const { address, after, type } = subject;
    if (after === undefined) return [];
    const held = IN_STATE[type] ?? [];
    const found: string[] = [];
    for (const values of [after.values, subject.hashed])
      for (const key in values) if (!held.includes(key)) search(values[key], key, [key], found);
    return found.map((where) => fail(address, `${where} holds what looks like a secret`));
  });
}

/** Paths below a value at which a secret stands. */
function secretsIn(value: unknown, key: string, path: string): string[] {
  const found: string[] = [];
  search(value, key, [path], found);
  return found;
}

/** `trail` is put together only where something is found: a plan has a hundred thousand values, and few secrets. */
function search(value: unknown, key: string, trail: string[], found: string[]): void {
  if (typeof value === 'string') {
    if (value.length > 11 && isSecret(value, key)) found.push(trail.join(''));
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1)
      below(value[index], key, `[${index}]`, trail, found);
    return;
  }
  const pair = pairOf(value);
  if (pair !== undefined) below(pair.value, pair.name, ` ${pair.name}`, trail, found);
  else for (const inner in value) below((value as Values)[inner], inner, `.${inner}`, trail, found);
}

function below(value: unknown, key: string, step: string, trail: string[], found: string[]): void {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return;
  trail.push(step);
  search(value, key, trail, found);
  trail.pop();
}

/** `{ name, value }`, as containers and tags have it. */
function pairOf(value: object): { readonly name: string; readonly value: string } | undefined {
  const { name, key, value: inner } = value as Record<string, unknown>;
  const label = typeof name === 'string' ? name : key;
  return typeof label === 'string' && typeof inner === 'string' ? { name: label, value: inner } : undefined;
}

function isSecret(text: string, key: string): boolean {
  if (text.startsWith('${') && text.endsWith('}') && !text.includes('"')) return false;
  if (hasKeyShape(text) || assignsSecret(text)) return true;
  if (isSecretName(key) && looksRandom(text)) return true;
  const inner = decoded(text);
  return inner !== undefined && (hasKeyShape(inner) || assignsSecret(inner));
}

function inOutputs({ plan }: Facts): Observation[] {
  return (plan?.outputs ?? [])
    .filter(({ sensitive }) => !sensitive)
    .flatMap(({ name, value }) =>
      secretsIn(value, name, `output ${name}`).map((where) =>
        fail(undefined, `${where} holds what looks like a secret, and is not marked sensitive`),
      ),
    );
}

function inVariables({ plan }: Facts): Observation[] {
  const declared = plan?.configuration.root_module;
  const variables =
    typeof declared === 'object' && declared !== null && 'variables' in declared ? declared.variables : {};
  return Object.entries(variables as Readonly<Record<string, { readonly default?: unknown }>>).flatMap(
    ([name, { default: value }]) =>
      secretsIn(value, name, `variable ${name}`).map((where) =>
        fail(undefined, `the default of ${where} looks like a secret`),
      ),
  );
}

function inProviders({ configuration }: Facts): Observation[] {
  return [...configuration.providerConstants].flatMap(([where, value]) =>
    secretsIn(value, where.split('.').at(-1) ?? '', where).map((path) =>
      fail(undefined, `provider argument ${path} looks like a secret`),
    ),
  );
}

/** Arguments whose value is a secret by itself, and stays in the state. */
const IN_STATE: Readonly<Record<string, readonly string[]>> = {
  aws_secretsmanager_secret_version: ['secret_string', 'secret_binary'],
  aws_ssm_parameter: ['value'],
  aws_db_instance: ['password'],
  aws_rds_cluster: ['master_password'],
  aws_iam_access_key: ['secret'],
  google_secret_manager_secret_version: ['secret_data'],
  google_sql_user: ['password'],
  google_service_account_key: ['private_key'],
  random_password: ['result'],
  tls_private_key: ['private_key_pem'],
};

/** Resources that make a secret themselves. */
const MAKERS = ['aws_iam_access_key', 'google_service_account_key', 'random_password', 'tls_private_key'];

export const secretInState: Rule = {
  id: 'secret-in-state',
  topic: 'secret',
  title: 'secret values do not pass through Terraform',
  why: 'The state keeps them in clear, also those that are marked sensitive.',
  fix: 'Make the container only and write the value elsewhere (`fleet secrets`), or use the write-only argument (`…_wo`).',
  severity: { development: 'warn', staging: 'deny', production: 'deny' },
  check: (facts) => facts.wanted(...Object.keys(IN_STATE)).flatMap(held),
};

function held({ address, type, after }: Subject): Observation[] {
  if (MAKERS.includes(type)) return [fail(address, 'it makes a secret, which stays in the state')];
  if (type === 'aws_ssm_parameter') {
    const kind = after?.text('type');
    if (kind === UNKNOWN)
      return [unknown(address, 'whether it is a SecureString is only known after the apply')];
    if (kind !== 'SecureString') return [];
  }
  const given = (IN_STATE[type] ?? []).filter((key) => {
    const value = after?.get(key);
    return value !== undefined && value !== '';
  });
  return given.length === 0 ? [] : [fail(address, `${given.join(', ')} stays in the state in clear`)];
}

/** A file that is mounted may have it: Cloud Run reads that anew. */
const LATEST_IN_VARIABLE = /"secret_key_ref":\[?\{[^{}]*"version":"latest"/;

export const secretVersionLatest: Rule = {
  id: 'secret-version-latest',
  topic: 'secret',
  title: 'a secret in an environment variable has a fixed version',
  why: 'It is read when an instance starts, so instances of one service would disagree after a rotation.',
  fix: 'Name the version, or mount the secret as a file.',
  severity: { development: 'off', staging: 'warn', production: 'warn' },
  check: (facts) =>
    facts.wanted('google_cloud_run_v2_service').flatMap((subject) => {
      const { address, after } = subject;
      if (subject.blocks('template') === UNKNOWN)
        return [unknown(address, 'its template is only known after the apply')];
      return LATEST_IN_VARIABLE.test(JSON.stringify(after?.values.template ?? null))
        ? [fail(address, 'an environment variable takes version latest of a secret')]
        : [];
    }),
};

/** What a machine runs when it boots. */
const SCRIPTS: Readonly<Record<string, readonly string[]>> = {
  aws_instance: ['user_data', 'user_data_base64'],
  aws_launch_template: ['user_data'],
  google_compute_instance: ['metadata_startup_script', 'metadata'],
  google_compute_instance_template: ['metadata_startup_script', 'metadata'],
  google_compute_region_instance_template: ['metadata_startup_script', 'metadata'],
};
/** A value that Terraform reads out of a secret store: `data.aws_secretsmanager_secret_version.a.secret_string` */
const READ_SECRET =
  /\$\{[^}]*\bdata\.(?:aws_secretsmanager_|aws_ssm_parameter|google_secret_manager_)\w*\.[^}]*\}/;

export const secretInScript: Rule = {
  id: 'secret-in-script',
  topic: 'secret',
  title: 'no secret is written into what a machine boots with',
  why: 'Everybody who may look at the machine reads it, and so does every process on it.',
  fix: 'Let the machine fetch it from the secret store with its own identity.',
  severity: DENY,
  check: (facts) =>
    facts
      .wanted(...Object.keys(SCRIPTS))
      .flatMap(({ address, type, after, change }) =>
        (SCRIPTS[type] ?? [])
          .filter(
            (key) => marked(change?.sensitiveAfter, key) || READ_SECRET.test(textAt(after?.values[key])),
          )
          .map((key) => fail(address, `${key} has a secret in it`)),
      ),
};

/** Whether Terraform calls an argument, or something in it, sensitive. */
function marked(marks: unknown, key: string): boolean {
  const found = typeof marks === 'object' && marks !== null ? (marks as Values)[key] : undefined;
  return JSON.stringify(found ?? null).includes('true');
}

function textAt(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}
