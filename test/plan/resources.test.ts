import { describe, expect, test } from 'vitest';
import { Configuration, withoutKeys } from '../../plan/configuration.ts';
import { readPlan } from '../../plan/plan-json.ts';
import { Resources } from '../../plan/resources.ts';
import { labelsOf } from '../../plan/subject.ts';
import { readSynthesized } from '../../plan/synthesized.ts';
import { UNKNOWN, View } from '../../plan/view.ts';
import { LATER, planOf, type Resource } from './plans.ts';

describe('the configuration of a plan', () => {
  const configuration = new Configuration({
    provider_config: {
      aws: { expressions: { region: { constant_value: 'us-east-1' }, token: { references: ['var.token'] } } },
    },
    root_module: {
      resources: [
        {
          address: 'aws_lb.it',
          expressions: {
            name: { constant_value: 'a' },
            subnets: {
              references: [
                'aws_subnet.one[0].id',
                'aws_subnet.one[0]',
                'aws_subnet.one',
                'var.x',
                'each.key',
              ],
            },
            rule: [{ port: {}, sg: { references: ['aws_security_group.b.id'] } }],
            single: { port: {} },
          },
        },
      ],
      module_calls: {
        inner: {
          module: {
            resources: [
              {
                address: 'aws_lb.it',
                expressions: {
                  subnets: {
                    references: ['aws_subnet.two.id', 'local.a', 'data.b.c', 'module.d.e', 'path.root'],
                  },
                },
              },
            ],
          },
        },
      },
    },
  });

  test('says which arguments a resource has', () => {
    expect(configuration.sets('aws_lb.it', 'name')).toBe(true);
    expect(configuration.sets('aws_lb.it["a.b"]', 'name')).toBe(true);
    expect(configuration.sets('aws_lb.it', 'other')).toBe(false);
    expect(configuration.sets('aws_lb.nobody', 'name')).toBeUndefined();
    expect(configuration.setsInside('aws_lb.it[0]', 'rule', 'port')).toBe(true);
    expect(configuration.setsInside('aws_lb.it', 'single', 'port')).toBe(true);
    expect(configuration.setsInside('aws_lb.it', 'rule', 'other')).toBe(false);
    expect(configuration.setsInside('aws_lb.it', 'none', 'port')).toBe(false);
    expect(configuration.setsInside('aws_lb.nobody', 'rule', 'port')).toBeUndefined();
  });

  test('says what is constant', () => {
    expect(configuration.constant('aws_lb.it[1]', 'name')).toBe('a');
    expect(configuration.constant('aws_lb.it', 'subnets')).toBeUndefined();
    expect(configuration.constant('aws_lb.nobody', 'name')).toBeUndefined();
    expect([...configuration.providerConstants]).toEqual([['aws.region', 'us-east-1']]);
  });

  test('says what an argument refers to, in its own module', () => {
    expect(configuration.references('aws_lb.it[0]', 'subnets')).toEqual([
      'aws_subnet.one',
      'aws_subnet.one',
      'aws_subnet.one',
    ]);
    expect(configuration.references('aws_lb.it', 'rule')).toEqual(['aws_security_group.b']);
    expect(configuration.references('module.inner["x"].aws_lb.it', 'subnets')).toEqual([
      'module.inner.aws_subnet.two',
    ]);
    expect(configuration.references('aws_lb.it', 'name')).toEqual([]);
    expect(configuration.references('aws_lb.nobody', 'name')).toEqual([]);
  });

  test.each([
    ['a.b', 'a.b'],
    ['a.b[0]', 'a.b'],
    ['a.b[12]', 'a.b'],
    ['a.b["c.d"]', 'a.b'],
    ['a.b["c\\"]d"]', 'a.b'],
    ['module.m["x"].a.b[0]', 'module.m.a.b'],
  ])('%s without keys is %s', (address, expected) => expect(withoutKeys(address)).toBe(expected));
});

const subjectOf = (resource: Resource) => {
  const [subject] = new Resources(readPlan(planOf([resource])), undefined).subjects;
  if (subject === undefined) throw new Error('no subject');
  return subject;
};

describe('a resource', () => {
  test('changes what differs, or might', () => {
    const subject = subjectOf({
      type: 'a',
      before: { same: [1], other: 1, gone: 1, none: null, later: 1, inside: [{ a: 1 }], known: [{ a: 1 }] },
      after: { same: [1], other: 2, new: 1, later: LATER, inside: [{ a: LATER }], known: [{ a: 1 }] },
    });
    const keys = ['same', 'other', 'gone', 'new', 'none', 'later', 'inside', 'known', 'nothing'];
    expect(keys.filter((key) => subject.changes(key))).toEqual(['other', 'gone', 'new', 'later', 'inside']);
    for (const resource of [{ before: { a: 1 } }, { after: { a: 1 } }])
      expect(subjectOf({ type: 'a', ...resource }).changes('a')).toBe(false);
  });

  test('has a script that only its configuration says', () => {
    const constants = { user_data: 'a script', ami: 'b' };
    expect(subjectOf({ type: 'aws_instance', after: {}, constants }).hashed).toEqual({
      user_data: 'a script',
    });
    expect(subjectOf({ type: 'aws_launch_configuration', after: {}, constants }).hashed).toEqual({
      user_data: 'a script',
    });
    expect(subjectOf({ type: 'aws_launch_template', after: {}, constants }).hashed).toEqual({});
    expect(subjectOf({ type: 'aws_instance', after: {} }).hashed).toEqual({});
  });

  test('has no block where the provider fills in one that nobody wrote', () => {
    const after = { rule: LATER };
    expect(subjectOf({ type: 'a', after }).blocks('rule')).toBe(UNKNOWN);
    expect(subjectOf({ type: 'a', after, unwritten: ['rule'] }).blocks('rule')).toEqual([]);
    expect(subjectOf({ type: 'a', before: {} }).blocks('rule')).toEqual([]);
  });

  test.each([
    [{ tags: { a: 1 } }, { a: 1 }],
    [{ labels: { a: 1 } }, { a: 1 }],
    [{ tags: { a: 1 }, labels: { b: 2 } }, { a: 1 }],
    [{ tag: [{ key: 'a', value: 1 }] }, { a: 1 }],
    [{ labels: [{ label: 'a', value: 1 }] }, { a: 1 }],
    [{ tags: ['a'] }, {}],
    [{ tags: null, labels: 'a' }, {}],
    [{}, {}],
  ])('has the labels of %j', (values, labels) => expect(labelsOf(new View(values, {}))).toEqual(labels));
});

test('data that a plan reads is no resource of it', () => {
  const document = planOf([{ type: 'aws_ami', after: { a: 1 } }]);
  const data = JSON.parse(JSON.stringify(document).replace('"managed"', '"data"'));
  expect(new Resources(readPlan(data), undefined).subjects).toEqual([]);
});

test('resources are found by type, and those that are wanted', () => {
  const resources = new Resources(
    readPlan(
      planOf([
        { type: 'a', name: 'one', after: {} },
        { type: 'a', name: 'two', before: {} },
        { type: 'b', name: 'three', before: {}, after: {}, actions: ['forget'] },
      ]),
    ),
    readSynthesized({ resource: { a: { nobody: {} } } }),
  );
  expect(resources.all('b', 'a', 'c').map(({ address }) => address)).toEqual(['b.three', 'a.one', 'a.two']);
  expect(resources.wanted('a', 'b').map(({ address }) => address)).toEqual(['a.one']);
});
