import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CATALOGUE, ruleNamed } from '../../plan/catalogue.ts';
import type { Surroundings } from '../../plan/surroundings.ts';
import { ROOT } from '../support/local-project.ts';
import { type Fixture, later, observe, observeSynthesized } from './plans.ts';

const FOLDER = join(ROOT, 'test/fixtures/plan/rules');

const RESULTS = ['pass', 'fail', 'unknown'] as const;

/** Rules that look only at what a plan always says: actions, and what is written in the configuration. */
const NEVER_UNKNOWN = [
  ...['gpu-nodes-destroyed', 'gpu-group-smaller', 'state-destroyed', 'forgotten', 'gone-before-created'],
  ...['mass-destruction', 'irrevocable-purchase', 'drift', 'state-local', 'weights-not-alone'],
  ...['name-refused', 'state-shared', 'secret-in-script', 'drain-cut'],
  // What nobody knows cannot be searched for secrets, and is not in the plan either.
  ...['secret-in-clear', 'secret-version-latest', 'grafana-open', 'container-owns-host', 'unknown-price'],
];

const fixtures = readdirSync(FOLDER).flatMap((file) => {
  const rules = later(parse(readFileSync(join(FOLDER, file), 'utf8'))) as Readonly<
    Record<string, readonly Fixture[]>
  >;
  return Object.entries(rules).flatMap(([id, cases]) =>
    cases.map((fixture) => {
      const result = RESULTS.find((name) => name in fixture);
      if (result === undefined)
        throw new Error(`${file}: a fixture of ${id} says neither pass nor fail nor unknown`);
      return { id, fixture, result, what: fixture[result] };
    }),
  );
});

describe('what a rule says of a plan', () => {
  test.each(fixtures.map(({ id, result, what, fixture }) => [id, result, what, fixture] as const))(
    '%s: %s for %s',
    (id, result, _what, fixture) => {
      const rule = ruleNamed(id);
      if (rule === undefined) throw new Error(`no rule is called ${id}`);
      const { plan = [], synthesized, surroundings, more } = fixture;
      const given = surroundings as Partial<Surroundings> | undefined;
      const found =
        synthesized === undefined
          ? observe(rule, plan, given, more)
          : observeSynthesized(rule, synthesized, given);
      expect([...new Set(found.map((finding) => finding.result))]).toEqual(result === 'pass' ? [] : [result]);
    },
  );
});

test.each(CATALOGUE.map(({ id }) => id))('%s has fixtures for each answer that it can give', (id) => {
  const given = new Set(fixtures.filter((fixture) => fixture.id === id).map(({ result }) => result));
  expect([...given].toSorted()).toEqual(
    NEVER_UNKNOWN.includes(id) ? ['fail', 'pass'] : ['fail', 'pass', 'unknown'],
  );
});

test('rules have different names, and say in words what they demand, why, and what to do', () => {
  expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(CATALOGUE.length);
  for (const { id, title, why, fix } of CATALOGUE) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)+$|^[a-z]+$/);
    for (const text of [title, why, fix]) expect(text.length, id).toBeGreaterThan(10);
  }
});
