import { describe, expect, test } from 'vitest';
import { openings } from '../../plan/openings.ts';
import { readPlan } from '../../plan/plan-json.ts';
import { listOf, statementsOf } from '../../plan/policy.ts';
import { Resources } from '../../plan/resources.ts';
import { UNKNOWN } from '../../plan/view.ts';
import { LATER, planOf, type Resource } from './plans.ts';

describe('a firewall lets in', () => {
  const EVERY = [[0, 65_535]];
  const rule = (more: object): Resource => ({
    type: 'aws_vpc_security_group_ingress_rule',
    after: { cidr_ipv4: '0.0.0.0/0', ip_protocol: 'tcp', ...more },
  });
  const google = (more: object): Resource => ({
    type: 'google_compute_firewall',
    after: { allow: [{ protocol: 'tcp', ports: ['22', '80-90'] }], ...more },
  });
  test.each<[string, Resource, unknown]>([
    ['one port', rule({ from_port: 80, to_port: 80 }), [[[80, 80]], ['0.0.0.0/0']]],
    ['every port where none is named', rule({}), [EVERY, ['0.0.0.0/0']]],
    ['every port where one end is missing', rule({ from_port: 80 }), [EVERY, ['0.0.0.0/0']]],
    [
      'every port of every protocol',
      rule({ ip_protocol: '-1', from_port: 80, to_port: 80 }),
      [EVERY, ['0.0.0.0/0']],
    ],
    ['every port of all protocols', rule({ ip_protocol: 'all' }), [EVERY, ['0.0.0.0/0']]],
    [
      'every port where no protocol is named',
      rule({ ip_protocol: null, from_port: 80, to_port: 80 }),
      [EVERY, ['0.0.0.0/0']],
    ],
    ['ports that are not known', rule({ from_port: LATER, to_port: 80 }), [UNKNOWN, ['0.0.0.0/0']]],
    ['an end that is not known', rule({ from_port: 80, to_port: LATER }), [UNKNOWN, ['0.0.0.0/0']]],
    ['ports of a protocol that is not known', rule({ ip_protocol: LATER }), [UNKNOWN, ['0.0.0.0/0']]],
    [
      'somebody who is not known',
      rule({ from_port: 80, to_port: 80, cidr_ipv4: LATER }),
      [[[80, 80]], UNKNOWN],
    ],
    ['nobody', rule({ cidr_ipv4: null }), undefined],
    ...['icmp', 'icmpv6', '1', '58', 'esp', 'ah'].map((protocol): [string, Resource, unknown] => [
      `${protocol}, which has no ports`,
      rule({ ip_protocol: protocol }),
      undefined,
    ]),
    [
      'by a rule of its own',
      {
        type: 'aws_security_group_rule',
        after: {
          type: 'ingress',
          protocol: 'udp',
          from_port: 1,
          to_port: 2,
          cidr_blocks: ['a'],
          ipv6_cidr_blocks: ['b'],
        },
      },
      [[[1, 2]], ['a', 'b']],
    ],
    [
      'nobody by a rule of its own that goes out',
      { type: 'aws_security_group_rule', after: { type: 'egress', protocol: 'udp', cidr_blocks: ['a'] } },
      undefined,
    ],
    [
      'by a rule in its group',
      {
        type: 'aws_default_security_group',
        after: { ingress: [{ protocol: 'tcp', from_port: 1, to_port: 1, cidr_blocks: ['a'] }] },
      },
      [[[1, 1]], ['a']],
    ],
    ['what is not known', { type: 'aws_security_group', after: { ingress: LATER } }, [UNKNOWN, UNKNOWN]],
    [
      'ports and ranges of Google',
      google({ source_ranges: ['a'] }),
      [
        [
          [22, 22],
          [80, 90],
        ],
        ['a'],
      ],
    ],
    [
      'everybody where Google is told nothing',
      google({}),
      [
        [
          [22, 22],
          [80, 90],
        ],
        ['0.0.0.0/0'],
      ],
    ],
    [
      'nobody in particular where Google is told of tags',
      google({ source_tags: ['a'] }),
      [
        [
          [22, 22],
          [80, 90],
        ],
        [],
      ],
    ],
    [
      'nobody in particular where Google is told of accounts',
      google({ source_service_accounts: ['a'] }),
      [
        [
          [22, 22],
          [80, 90],
        ],
        [],
      ],
    ],
    [
      'who is not known of Google',
      google({ source_ranges: LATER }),
      [
        [
          [22, 22],
          [80, 90],
        ],
        UNKNOWN,
      ],
    ],
    ['every port of Google', google({ allow: [{ protocol: 'all' }], source_ranges: ['a'] }), [EVERY, ['a']]],
    [
      'ports of Google that are not known',
      google({ allow: [{ protocol: 'tcp', ports: LATER }], source_ranges: ['a'] }),
      [UNKNOWN, ['a']],
    ],
    [
      'a protocol of Google that is not known',
      google({ allow: [{ protocol: LATER }], source_ranges: ['a'] }),
      [UNKNOWN, ['a']],
    ],
    ['rules of Google that are not known', google({ allow: LATER, source_ranges: ['a'] }), [UNKNOWN, ['a']]],
    ['nothing of Google’s without ports', google({ allow: [{ protocol: 'icmp' }] }), undefined],
    ['nothing that goes out of Google', google({ direction: 'EGRESS' }), undefined],
    ['nothing where Google is switched off', google({ disabled: true }), undefined],
  ])('%s', (_what, resource, expected) => {
    const found = openings(new Resources(readPlan(planOf([resource])), undefined));
    expect(found.map(({ ports, cidrs }) => [ports, cidrs])).toEqual(expected === undefined ? [] : [expected]);
    for (const { address } of found) expect(address).toBe(`${resource.type}.it`);
  });
});

describe('a policy of AWS', () => {
  test.each([
    ['{"Statement":[{"Effect":"Allow"},"no statement"]}', [{ Effect: 'Allow' }]],
    ['{"Statement":{"Effect":"Deny"}}', [{ Effect: 'Deny' }]],
    ['{}', []],
    ['[]', undefined],
    ['"text"', undefined],
    ['{', undefined],
  ])('%s', (policy, statements) => expect(statementsOf(policy)).toEqual(statements));

  test.each([
    [undefined, []],
    ['a', ['a']],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
  ])('%j as a list', (value, list) => expect(listOf(value)).toEqual(list));
});
