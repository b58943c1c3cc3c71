import type { Change } from '../plan-json.ts';
import { DENY, DENY_IN_PRODUCTION, fail, type Rule, unknown } from '../rule.ts';

export const planIncomplete: Rule = {
  id: 'plan-incomplete',
  topic: 'plan',
  title: 'the plan is the whole change',
  why: 'What -target leaves out, or what is deferred, nobody has looked at.',
  fix: 'Plan without -target; apply what is deferred as a plan of its own.',
  severity: DENY_IN_PRODUCTION,
  check: ({ plan }) => [
    ...(plan !== undefined && !plan.complete && plan.deferred === 0
      ? [fail(undefined, 'it leaves resources out, as -target does')]
      : []),
    ...(plan?.errored === true ? [fail(undefined, 'it ended with an error')] : []),
    ...((plan?.deferred ?? 0) > 0
      ? [unknown(undefined, `${plan?.deferred} changes are deferred to a later plan`)]
      : []),
  ],
};

export const checkFailed: Rule = {
  id: 'check-failed',
  topic: 'plan',
  title: 'the configuration’s own checks pass',
  why: 'A failed `check` block leaves Terraform’s exit code as it was.',
  fix: 'See what the check says.',
  severity: DENY_IN_PRODUCTION,
  check: ({ plan }) =>
    (plan?.checks ?? []).flatMap(({ address, status, problems }) => {
      if (status === 'unknown') return [unknown(address, 'it can only be checked after the apply')];
      return status === 'fail' || status === 'error'
        ? [fail(address, problems.join('; ') || 'it failed')]
        : [];
    }),
};

/** What somebody who changes things by hand changes first, and what an attacker does. */
const GUARDED = /security_group|firewall|iam|bucket|kms|secret|lb|instance|launch_template|autoscaling/;

export const drift: Rule = {
  id: 'drift',
  topic: 'plan',
  title: 'what is there is what the state says',
  why: 'Somebody changed it by hand; this plan will undo it, or build on it.',
  fix: 'Find out who and why; bring it into the configuration, or let this plan undo it and suppress the rule for the day.',
  severity: { development: 'off', staging: 'warn', production: 'warn' },
  check: ({ plan }) =>
    (plan?.drift ?? [])
      .filter((change) => GUARDED.test(change.type) && moved(change))
      .map(({ address, action }) =>
        fail(address, action === 'delete' ? 'it was removed by hand' : 'it was changed by hand'),
      ),
};

/** What a provider fills in when it first reads a resource back is no drift: nothing, `""`, `[]` and `{}` are the same. */
function moved({ action, before, after }: Change): boolean {
  if (action === 'no-op' || action === 'move') return false;
  if (before === undefined || after === undefined) return true;
  return Object.keys({ ...before, ...after }).some((key) => plain(before[key]) !== plain(after[key]));
}

function plain(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  return ['""', '[]', '{}'].includes(text) ? 'null' : text;
}

const ACCOUNTS = ['google.project', 'google-beta.project', 'aws.allowed_account_ids'];

export const wrongAccount: Rule = {
  id: 'wrong-account',
  topic: 'plan',
  title: 'the plan is for the account that the environment names',
  why: 'The right change in the wrong account is a new fleet there.',
  fix: 'Use the credentials and the file of the same environment.',
  severity: DENY,
  check: ({ configuration, surroundings: { account }, plan }) => {
    if (account === undefined || plan === undefined) return [];
    const { providerConstants: constants } = configuration;
    const named = ACCOUNTS.filter((key) => constants.has(key));
    if (named.length === 0) return [unknown(undefined, 'no provider of the plan names its account')];
    return named
      .filter((key) => ![constants.get(key)].flat().includes(account))
      .map((key) =>
        fail(
          undefined,
          `${key} is ${[constants.get(key)].flat().join(', ')}, the environment is for ${account}`,
        ),
      );
  },
};
