import { describe, expect, test } from 'vitest';
import { CATALOGUE, ruleNamed } from '../../plan/catalogue.ts';
import { readPlan } from '../../plan/plan-json.ts';
import { fail, type Rule, severityOf, unknown } from '../../plan/rule.ts';
import { type Suppression, suppresses } from '../../plan/suppress.ts';
import { readSynthesized } from '../../plan/synthesized.ts';
import { judged, planOf } from './plans.ts';

const CLASSES = ['development', 'staging', 'production'] as const;

describe('how severe a finding is, in development, staging and production', () => {
  test.each(CATALOGUE.map((rule) => [rule.id, rule] as const))('%s: as its table says', (_id, rule) => {
    expect(CLASSES.map((one) => severityOf(rule, fail('a', 'b'), one))).toEqual(
      CLASSES.map((one) => rule.severity[one]),
    );
  });

  test.each([
    ['public-port', 'warn warn deny'],
    ['secret-in-clear', 'warn warn deny'],
    ['state-destroyed', 'warn warn deny'],
    ['broad-trust', 'warn warn warn'],
    ['weights-sum', 'warn warn warn'],
    ['drift', 'off warn warn'],
    ['gone-before-created', 'off warn warn'],
  ])('%s, where nobody knows: %s', (id, severities) => {
    const rule = ruleNamed(id);
    expect(
      rule === undefined ? '' : CLASSES.map((one) => severityOf(rule, unknown('a', 'b'), one)).join(' '),
    ).toBe(severities);
  });
});

const RESOURCE = { type: 'aws_s3_bucket', before: { bucket: 'a' } };
const plan = readPlan(planOf([RESOURCE]));
const suppression: Suppression = {
  rule: 'state-destroyed',
  address: 'aws_s3_bucket.it',
  reason: 'it is empty',
  expires: '2026-11-24',
};
const withSuppressions = (...suppressions: Partial<Suppression>[]) =>
  judged({
    plan,
    suppressions: suppressions.map((one) => ({ ...suppression, ...one })),
  });

describe('a suppression', () => {
  test('takes the finding out of the verdict on its last day, and keeps it with its reason', () => {
    const { verdict, findings, suppressed } = withSuppressions({});
    expect({ verdict, findings }).toEqual({ verdict: 'pass', findings: [] });
    expect(suppressed).toEqual([
      expect.objectContaining({
        rule: 'state-destroyed',
        address: 'aws_s3_bucket.it',
        reason: 'it is empty',
        expires: '2026-11-24',
      }),
    ]);
  });

  test('that has expired is denied, and so is what it was for', () => {
    const { verdict, findings, suppressed } = withSuppressions({ expires: '2026-11-23' });
    expect({ verdict, suppressed }).toEqual({ verdict: 'deny', suppressed: [] });
    expect(findings.map(({ rule, severity }) => `${rule} ${severity}`)).toEqual([
      'state-destroyed deny',
      'suppression-expired deny',
    ]);
    expect(findings.at(-1)).toEqual({
      rule: 'suppression-expired',
      topic: 'plan',
      result: 'fail',
      severity: 'deny',
      address: 'aws_s3_bucket.it',
      path: ['checks', 'suppress', '0'],
      message: 'the suppression of state-destroyed ended on 2026-11-23',
      fix: 'Mend what it was for, or give it a later day with a reason.',
    });
  });

  test('that matches nothing is a warning, after what is denied', () => {
    const { verdict, findings } = withSuppressions({}, { address: 'aws_s3_bucket.other' });
    expect(verdict).toBe('warn');
    expect(findings).toEqual([
      {
        rule: 'suppression-unused',
        topic: 'plan',
        result: 'fail',
        severity: 'warn',
        address: 'aws_s3_bucket.other',
        path: ['checks', 'suppress', '1'],
        message: 'the suppression of state-destroyed matches nothing',
        fix: 'Remove it.',
      },
    ]);
  });

  test('of a rule that nobody knows is a warning that says so', () => {
    const { verdict, findings } = withSuppressions({ rule: 'no-such-rule' });
    expect(verdict).toBe('deny');
    expect(findings.at(-1)).toMatchObject({
      rule: 'suppression-unused',
      topic: 'plan',
      result: 'fail',
      severity: 'warn',
      path: ['checks', 'suppress', '0'],
      message: 'no rule is called no-such-rule',
      fix: 'See docs/operations/plan-checks.md for the rules.',
    });
  });

  test.each([
    ['a.b', 'a.b', true],
    ['a.b', 'a.bc', false],
    ['a.*', 'a.bc', true],
    ['*', 'a.b', true],
    ['*.b', 'a.b', true],
    ['*.b', 'a.c', false],
    ['a.*', 'b.a.c', false],
    ['a*b*c', 'a1b2c', true],
    ['a*b*c', 'a1c', false],
    ['a*b*c', 'abc', true],
    ['ab*bc', 'abc', false],
    ['a*b*b', 'ab', false],
    ['a*bc*bc', 'a1bc', false],
    ['plan', undefined, true],
    ['plan', 'plan.b', false],
  ])('at %s is for %s: %s', (address, found, expected) => {
    expect(suppresses({ ...suppression, address }, { rule: suppression.rule, address: found })).toBe(
      expected,
    );
    expect(suppresses({ ...suppression, address }, { rule: 'another', address: found })).toBe(false);
  });
});

/** In two parts, so that it has the shape of a key nowhere else. */
const KEY = `sk${'-'}proj-abcdefghijklmnop1234`;

/** Says what it is given, at the place that it is given. */
function saying(
  message: string,
  address?: string,
  result: 'fail' | 'unknown' = 'fail',
  topic: Rule['topic'] = 'plan',
): Rule {
  return {
    ...(ruleNamed('plan-incomplete') as Rule),
    topic,
    check: () => [{ result, address, message }],
  };
}

describe('a judgement', () => {
  test('is of all rules where none are named', () => {
    expect(judged({ plan }).rules).toBe(CATALOGUE.length);
    expect(judged({ plan, rules: [saying('a')] }).rules).toBe(1);
  });

  test('warns where nothing is denied', () => {
    expect(judged({ plan, rules: [saying('a')] }, { class: 'staging' }).verdict).toBe('warn');
    expect(judged({ plan, rules: [saying('a')] }).verdict).toBe('deny');
    expect(judged({ plan, rules: [] }).verdict).toBe('pass');
  });

  test('has what is denied first, each in the order of the rules', () => {
    const rules = ['drift', 'broad-trust', 'mass-destruction', 'public-port'].map((id) => ({
      ...(ruleNamed(id) as Rule),
      check: () => [fail(undefined, id)],
    }));
    expect(judged({ plan, rules }).findings.map(({ rule }) => rule)).toEqual([
      'broad-trust',
      'public-port',
      'drift',
      'mass-destruction',
    ]);
  });

  test('says nothing of what is off in its class', () => {
    const drift = { ...(ruleNamed('drift') as Rule), check: () => [fail(undefined, 'a')] };
    expect(judged({ plan, rules: [drift] }, { class: 'development' }).findings).toEqual([]);
  });

  test('of a configuration alone leaves to the plan what nobody knows, but for the state', () => {
    const synthesized = readSynthesized({});
    const rules = [saying('a', undefined, 'unknown'), saying('b', undefined, 'unknown', 'state')];
    expect(judged({ synthesized, rules }).findings.map(({ message }) => message)).toEqual(['b']);
    expect(judged({ plan, synthesized, rules }).findings.map(({ message }) => message)).toEqual(['a', 'b']);
  });

  test('names the construct that made a resource', () => {
    const synthesized = readSynthesized({
      resource: {
        aws_s3_bucket: {
          it: { bucket: 'a', '//': { metadata: { path: `prod/${KEY}` } } },
          other: 'no object',
        },
        none: 'no objects',
      },
    });
    const [at, nowhere, whole] = judged({
      synthesized,
      rules: [saying('a', 'aws_s3_bucket.it'), saying('a', 'aws_s3_bucket.b'), saying('a')],
    }).findings;
    expect(at).toMatchObject({ address: 'aws_s3_bucket.it', construct: 'prod/(hidden)' });
    expect(Object.keys(nowhere ?? {})).not.toContain('construct');
    expect(Object.keys(whole ?? {})).not.toContain('construct');
  });

  test('holds no key, wherever somebody wrote it', () => {
    const address = `aws_s3_bucket.it["${KEY}"]`;
    const document = planOf([RESOURCE], {
      output_changes: { [KEY]: { actions: ['update'], before: 'a', after: 'b' } },
    });
    const read = readPlan(
      JSON.parse(JSON.stringify(document).replaceAll('aws_s3_bucket.it', `aws_s3_bucket.it[\\"${KEY}\\"]`)),
    );
    const judgement = judged({
      plan: read,
      rules: [...CATALOGUE, saying(`it is ${KEY}`, address)],
      suppressions: [{ ...suppression, address: 'aws_s3_bucket.*', reason: `the key ${KEY} is old` }],
    });
    expect(judgement.suppressed).toEqual([expect.objectContaining({ reason: 'the key (hidden) is old' })]);
    expect(judgement.summary.outputs).toEqual(['(hidden)']);
    expect(judgement.summary.changes).toEqual([
      { address: 'aws_s3_bucket.it["(hidden)"]', action: 'delete', reason: 'the plan asks for it' },
    ]);
    expect(JSON.stringify(judgement)).not.toContain(KEY);
  });
});
