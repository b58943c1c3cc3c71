import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { stagingEnvironment, synthBootstrap } from '../support/bootstrap.ts';
import { ROOT } from '../support/local-project.ts';
import { synthProd } from '../support/prod.ts';
import { synthStaging } from '../support/staging.ts';
import { type Attributes, type Synthesized, shippedEnvironment } from '../support/synth.ts';

type Table = Readonly<
  Record<string, { readonly look: readonly string[]; readonly change: readonly string[] }>
>;

function table(platform: 'aws' | 'google'): Table {
  return parse(readFileSync(join(ROOT, `test/fixtures/workflow-rights/${platform}.yaml`), 'utf8'));
}

function typesOf({ resources }: Synthesized): string[] {
  const types = [...resources.keys()].map((address) => address.slice(0, address.indexOf('.')));
  return [...new Set(types)].filter((type) => type !== 'terraform_data').toSorted();
}

const bootstrap = {
  staging: synthBootstrap(stagingEnvironment()),
  prod: synthBootstrap(shippedEnvironment('prod')),
};

const having = ({ resources }: Synthesized, type: string): [string, Attributes][] =>
  [...resources].filter(([address]) => address.startsWith(`${type}.`));

describe('AWS: each type of the environment’s stack', () => {
  const staging = synthStaging();
  const needs = table('aws');
  const identityOf = (name: 'plan' | 'deploy'): Attributes[] =>
    having(bootstrap.staging, 'aws_iam_role_policy')
      .filter(([address]) => address.includes(`.${name}_`))
      .flatMap(([, { policy }]) => JSON.parse(String(policy)).Statement as Attributes[]);
  const actions = {
    plan: identityOf('plan').flatMap(({ Action }) => [Action].flat().map(String)),
    deploy: identityOf('deploy').flatMap(({ Action }) => [Action].flat().map(String)),
  };
  const lacking = (identity: 'plan' | 'deploy', wanted: readonly string[]) =>
    wanted.filter((action) => !actions[identity].some((pattern) => matches(pattern, action)));

  test.each(typesOf(staging))(
    '%s is seen by the identity that plans, and made by the one that deploys',
    (type) => {
      const need = needs[type];
      if (need === undefined)
        throw new Error(`say in test/fixtures/workflow-rights/aws.yaml what ${type} needs`);
      expect({
        plan: lacking('plan', need.look),
        deploy: lacking('deploy', [...need.look, ...need.change]),
      }).toEqual({
        plan: [],
        deploy: [],
      });
    },
  );

  test('roles go to the services that the stack’s roles trust, and to no others', () => {
    const trusted = having(staging, 'aws_iam_role').flatMap(([, { assume_role_policy: trust }]) =>
      (JSON.parse(String(trust)).Statement as { Principal: { Service?: string } }[]).flatMap(
        ({ Principal }) => Principal.Service ?? [],
      ),
    );
    const passed = identityOf('deploy').find(({ Action }) => Action === 'iam:PassRole')?.Condition;
    const services = (passed as { StringEquals: Record<string, string[]> }).StringEquals[
      'iam:PassedToService'
    ];
    expect(
      [...trusted, 'autoscaling.amazonaws.com'].filter((service) => !services?.includes(service)),
    ).toEqual([]);
    expect(services?.filter((one) => ![...trusted, 'autoscaling.amazonaws.com'].includes(one))).toEqual([]);
  });

  test('its roles and profiles have names that the identity that deploys may make', () => {
    for (const type of ['aws_iam_role', 'aws_iam_instance_profile'])
      for (const [, { name }] of having(staging, type)) expect(name).toMatch(/^fleet-staging-/);
  });
});

describe('Google: each type of the environment’s stack', () => {
  const prod = synthProd();
  const needs = table('google');
  const rightsOf = (name: 'plan' | 'deploy'): unknown[] => [
    ...having(bootstrap.prod, 'google_project_iam_member')
      .filter(([address]) => address.includes(`.${name}_`))
      .map(([, { role }]) => role),
    ...having(bootstrap.prod, 'google_project_iam_custom_role')
      .filter(([address]) => address.includes(`.${name}_`))
      .flatMap(([, { permissions }]) => permissions as string[]),
  ];

  test.each(typesOf(prod))(
    '%s is seen by the identity that plans, and made by the one that deploys',
    (type) => {
      const found = Object.entries(needs)
        .filter(([beginning]) => type.startsWith(beginning))
        .toSorted(([one], [other]) => other.length - one.length)[0]?.[1];
      if (found === undefined)
        throw new Error(`say in test/fixtures/workflow-rights/google.yaml what ${type} needs`);
      expect(rightsOf('plan')).toEqual(expect.arrayContaining([...found.look]));
      expect(rightsOf('deploy')).toEqual(expect.arrayContaining([...found.change]));
    },
  );

  test('the identity that deploys may grant each role that the stack grants in the project, and no other', () => {
    const custom = new Map(
      having(prod, 'google_project_iam_custom_role').map(([address, { role_id: id }]) => [
        `\${${address}.name}`,
        `projects/example-project/roles/${id}`,
      ]),
    );
    const granted = having(prod, 'google_project_iam_member').map(
      ([, { role }]) => custom.get(String(role)) ?? role,
    );
    const [, grants] = having(bootstrap.prod, 'google_project_iam_member').find(([address]) =>
      address.endsWith('.deploy_grants'),
    ) ?? ['', {}];
    const [, list = ''] = /hasOnly\(\[(.*)\]\)/.exec(JSON.stringify(grants.condition)) ?? [];
    expect(list.split(', ').toSorted()).toEqual([...new Set(granted)].map((role) => `'${role}'`).toSorted());
  });
});

/** A pattern of IAM: `*` is any text, and capitals do not count. */
function matches(pattern: string, action: string): boolean {
  const source = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${source}$`, 'i').test(action);
}
