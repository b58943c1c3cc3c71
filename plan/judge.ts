import { CATALOGUE, ruleNamed } from './catalogue.ts';
import { Facts } from './facts.ts';
import type { Plan } from './plan-json.ts';
import { type Rule, severityOf, type Topic } from './rule.ts';
import { scrubber } from './scrub.ts';
import { type Summary, summaryOf } from './summary.ts';
import { hasExpired, type Suppression, suppresses } from './suppress.ts';
import type { Surroundings } from './surroundings.ts';
import type { Synthesized } from './synthesized.ts';

export interface Question {
  readonly plan?: Plan;
  readonly synthesized?: Synthesized;
  readonly surroundings: Surroundings;
  readonly suppressions?: readonly Suppression[];
  /** `2026-11-24`, for suppressions that expire. */
  readonly today: string;
  /** @default - all rules */
  readonly rules?: readonly Rule[];
}

/** One thing that a rule found. Its texts hold no secrets. */
export interface Finding {
  readonly rule: string;
  readonly topic: Topic;
  readonly severity: 'deny' | 'warn';
  readonly result: 'fail' | 'unknown';
  readonly address?: string;
  /** The construct that made the resource, where cdktf noted it. */
  readonly construct?: string;
  readonly message: string;
  readonly fix: string;
  /** Key of the environment file that says so. */
  readonly path?: readonly string[];
}

export interface Suppressed extends Finding {
  readonly reason: string;
  readonly expires: string;
}

export type Verdict = 'pass' | 'warn' | 'deny';

export interface Judgement {
  readonly verdict: Verdict;
  /** Those that deny first. */
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Suppressed[];
  readonly summary: Summary;
  /** How many rules looked. */
  readonly rules: number;
}

/** Judges a plan, a synthesized configuration, or both. */
export function judge({
  plan,
  synthesized,
  surroundings,
  suppressions = [],
  today,
  rules = CATALOGUE,
}: Question): Judgement {
  const facts = new Facts(plan, synthesized, surroundings);
  const scrub = scrubber(plan);
  const found = rules.flatMap((rule) => findingsOf(rule, facts)).map((finding) => scrubbed(finding, scrub));
  const valid = suppressions.filter((suppression) => !hasExpired(suppression, today));
  const kept: Finding[] = [];
  const suppressed: Suppressed[] = [];
  for (const finding of found) {
    const by = valid.find((suppression) => suppresses(suppression, finding));
    if (by === undefined) kept.push(finding);
    else suppressed.push({ ...finding, reason: scrub(by.reason), expires: by.expires });
  }
  const findings = [
    ...kept,
    ...suppressions.flatMap((suppression, index) => aboutSuppression(suppression, index, found, today)),
  ];
  return {
    verdict: verdictOf(findings),
    findings: findings.toSorted((a, b) => Number(a.severity === 'warn') - Number(b.severity === 'warn')),
    suppressed,
    summary: scrubbedSummary(summaryOf(facts), scrub),
    rules: rules.length,
  };
}

function findingsOf(rule: Rule, facts: Facts): Finding[] {
  const { id, topic, fix } = rule;
  return rule.check(facts).flatMap((observation) => {
    // A configuration is full of references; what they lead to the plan will say.
    if (observation.result === 'unknown' && facts.plan === undefined && topic !== 'state') return [];
    const severity = severityOf(rule, observation, facts.surroundings.class);
    if (severity === 'off') return [];
    const construct = facts.synthesized?.constructs.get(observation.address ?? '');
    return [
      { rule: id, topic, severity, ...observation, ...(construct === undefined ? {} : { construct }), fix },
    ];
  });
}

function scrubbed(finding: Finding, scrub: (text: string) => string): Finding {
  const { address, message, construct } = finding;
  return {
    ...finding,
    message: scrub(message),
    ...(address === undefined ? {} : { address: scrub(address) }),
    ...(construct === undefined ? {} : { construct: scrub(construct) }),
  };
}

function scrubbedSummary(summary: Summary, scrub: (text: string) => string): Summary {
  return {
    ...summary,
    changes: summary.changes.map(({ address, action, from, reason }) => ({
      address: scrub(address),
      action,
      ...(from === undefined ? {} : { from: scrub(from) }),
      ...(reason === undefined ? {} : { reason: scrub(reason) }),
    })),
    outputs: summary.outputs.map(scrub),
    cost: {
      ...summary.cost,
      unpriced: summary.cost.unpriced.map(({ address, what }) => ({
        address: scrub(address),
        what: scrub(what),
      })),
    },
  };
}

function verdictOf(findings: readonly Finding[]): Verdict {
  if (findings.some(({ severity }) => severity === 'deny')) return 'deny';
  return findings.length > 0 ? 'warn' : 'pass';
}

/** A suppression that has expired, matches nothing or names no rule is itself a finding. */
function aboutSuppression(
  suppression: Suppression,
  index: number,
  found: readonly Finding[],
  today: string,
): Finding[] {
  const { rule, address, expires } = suppression;
  const about = {
    topic: 'plan',
    result: 'fail',
    address,
    path: ['checks', 'suppress', String(index)],
  } as const;
  if (hasExpired(suppression, today))
    return [
      {
        ...about,
        rule: 'suppression-expired',
        severity: 'deny',
        message: `the suppression of ${rule} ended on ${expires}`,
        fix: 'Mend what it was for, or give it a later day with a reason.',
      },
    ];
  if (ruleNamed(rule) === undefined)
    return [
      {
        ...about,
        rule: 'suppression-unused',
        severity: 'warn',
        message: `no rule is called ${rule}`,
        fix: 'See docs/operations/plan-checks.md for the rules.',
      },
    ];
  if (found.some((finding) => suppresses(suppression, finding))) return [];
  return [
    {
      ...about,
      rule: 'suppression-unused',
      severity: 'warn',
      message: `the suppression of ${rule} matches nothing`,
      fix: 'Remove it.',
    },
  ];
}
