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

/** Rules that always know, and why. */
const NEVER_UNKNOWN: Readonly<Record<string, string>> = {
  'gpu-nodes-destroyed':
    'a plan says of each resource whether it goes; one of unknown type counts as one with GPUs',
  'state-destroyed': 'a plan says of each resource whether it goes',
  forgotten: 'a plan says of each resource whether it is forgotten',
  'gone-before-created': 'a plan says in which order a resource is replaced',
  'mass-destruction': 'a plan says of each resource whether it goes',
  'irrevocable-purchase': 'a plan says what it makes, and the type alone is the purchase',
  drift: 'a plan says what it found otherwise',
  'state-local': 'a backend is named by its type, and may not hold expressions',
  'state-shared': 'it compares the environment files',
  'secret-in-clear': 'what is only known after the apply is not in the plan',
  'secret-in-script': 'Terraform calls a value sensitive before it knows it',
  'drain-cut': 'it compares numbers of the environment file',
  'unknown-price': 'a price or a number that nobody knows is what fails',
};

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
      expect(found.map(({ address = 'plan', message }) => `${address}: ${message}`)).toEqual(
        [fixture.says ?? []].flat(),
      );
    },
  );
});

test.each(CATALOGUE.map(({ id }) => id))('%s has fixtures for each answer that it can give', (id) => {
  const given = new Set(fixtures.filter((fixture) => fixture.id === id).map(({ result }) => result));
  expect([...given].toSorted()).toEqual(id in NEVER_UNKNOWN ? ['fail', 'pass'] : ['fail', 'pass', 'unknown']);
});

test('a rule that always knows is one of the catalogue', () => {
  expect(Object.keys(NEVER_UNKNOWN).filter((id) => ruleNamed(id) === undefined)).toEqual([]);
});

test('rules have different names, and say in words what they demand, why, and what to do', () => {
  expect(new Set(CATALOGUE.map(({ id }) => id)).size).toBe(CATALOGUE.length);
  for (const { id, title, why, fix } of CATALOGUE) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)+$|^[a-z]+$/);
    for (const text of [title, why, fix]) expect(text.length, id).toBeGreaterThan(10);
  }
});
