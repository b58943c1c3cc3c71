import { DENY, fail, type Observation, type Rule, unknown } from '../rule.ts';
import type { Subject } from '../subject.ts';
import { UNKNOWN } from '../view.ts';

interface Shape {
  readonly argument: string;
  readonly shape: RegExp;
  readonly what: string;
}

const GOOGLE: Shape = {
  argument: 'name',
  shape: /^[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
  what: '1 to 63 small letters, digits and hyphens, a letter first',
};
const BALANCER: Shape = {
  argument: 'name',
  shape: /^(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$/,
  what: '1 to 32 letters, digits and hyphens',
};
const BUCKET = {
  shape: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  what: '3 to 63 small letters, digits, dots and hyphens',
};

/** What the clouds take, of names that they refuse in the middle of an apply. */
const SHAPES: Readonly<Record<string, Shape>> = {
  google_compute_firewall: GOOGLE,
  google_compute_instance: GOOGLE,
  google_compute_network: GOOGLE,
  google_compute_region_instance_group_manager: GOOGLE,
  google_compute_subnetwork: GOOGLE,
  google_service_account: {
    argument: 'account_id',
    shape: /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/,
    what: '6 to 30 small letters, digits and hyphens',
  },
  google_storage_bucket: { argument: 'name', ...BUCKET },
  aws_s3_bucket: { argument: 'bucket', ...BUCKET },
  aws_iam_role: {
    argument: 'name',
    shape: /^[\w+=,.@-]{1,64}$/,
    what: '1 to 64 letters, digits and +=,.@_-',
  },
  aws_lb: BALANCER,
  aws_lb_target_group: BALANCER,
};

export const nameRefused: Rule = {
  id: 'name-refused',
  topic: 'plan',
  title: 'names are such as the cloud takes',
  why: 'The plan passes, and the apply stops half-way at the first name that is too long.',
  fix: 'Shorten the name of the environment, the model or the release.',
  severity: DENY,
  check: (facts) => facts.wanted(...Object.keys(SHAPES)).flatMap(named),
};

function named(subject: Subject): Observation[] {
  const { address, type, after, action } = subject;
  const rule = SHAPES[type];
  const name = rule === undefined ? undefined : after?.text(rule.argument);
  if (rule === undefined || name === undefined || name === '' || action === 'no-op') return [];
  if (name === UNKNOWN)
    return subject.says(rule.argument)
      ? [unknown(address, `its ${rule.argument} is only known after the apply`)]
      : [];
  return rule.shape.test(name) ? [] : [fail(address, `${rule.argument} ${name} is not ${rule.what}`)];
}
