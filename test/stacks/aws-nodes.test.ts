import { describe, expect, test } from 'vitest';
import { repositoryArns } from '../../constructs/aws/ecr.ts';
import { boundedName } from '../../workloads/bounded-name.ts';
import { EDITS, synthStaging } from '../support/staging.ts';
import type { Attributes } from '../support/synth.ts';

const staging = synthStaging();
const RELEASE = 'nodes_gpt-oss-120b_v32';
const resource = (type: string, path: string, stack = staging): Attributes =>
  stack.resources.get(`${type}.${RELEASE}_${path}`) ?? {};
const template = resource('aws_launch_template', 'on-demand_template');
const group = resource('aws_autoscaling_group', 'on-demand_group');

describe('a machine', () => {
  test('gives its identity to sessions of the host alone', () => {
    expect(template.metadata_options).toMatchObject({
      http_endpoint: 'enabled',
      http_tokens: 'required',
      http_put_response_hop_limit: 1,
    });
  });

  test('has an encrypted disk, no public address, no key pair', () => {
    expect(template.block_device_mappings).toEqual([
      expect.objectContaining({ ebs: expect.objectContaining({ encrypted: 'true', volume_type: 'gp3' }) }),
    ]);
    expect(template.network_interfaces).toEqual([
      expect.objectContaining({ associate_public_ip_address: 'false' }),
    ]);
    expect(template.key_name).toBeUndefined();
  });

  test('is found by its tags, and so are its disks', () => {
    const specifications = template.tag_specifications as { resource_type: string; tags: object }[];
    expect(specifications.map(({ resource_type: type }) => type)).toEqual([
      'instance',
      'volume',
      'network-interface',
    ]);
    for (const { tags } of specifications)
      expect(tags).toEqual({
        Name: 'fleet-staging-gpt-oss-120b-v32-on-demand',
        'fleet-environment': 'staging',
        'fleet-group': 'fleet-staging-gpt-oss-120b-v32-on-demand',
        'fleet-model': 'gpt-oss-120b',
        'fleet-release': 'v32',
        team: 'inference',
      });
  });

  test('keeps weights on its root disk where it has no other', () => {
    const small = synthStaging((text) =>
      text.replace('machine: g6.xlarge', 'machine: g6e.48xlarge'),
    ).resources.get('aws_launch_template.nodes_gpt-oss-20b_v32_on-demand_template');
    const size = (attributes: Attributes = {}) =>
      (attributes.block_device_mappings as { ebs: { volume_size: number } }[])[0]?.ebs.volume_size;
    expect(size(template)).toBe(200);
    expect(size(small)).toBeGreaterThan(250);
  });

  test('reads its user data from a file beside the stack, the same on every rung', () => {
    const path = 'nodes/gpt-oss-120b/v32/user-data';
    expect(template.user_data).toBe(`\${base64gzip(file("documents/${path}"))}`);
    expect(staging.files.get(path)).toContain('#cloud-config');
  });
});

describe('a group', () => {
  test('replaces nobody for a new template, a zone or a policy', () => {
    expect(group.instance_refresh).toBeUndefined();
    expect(group.max_instance_lifetime).toBeUndefined();
    expect(group.suspended_processes).toEqual(['AZRebalance']);
    expect(
      [...staging.resources.keys()].filter((address) => /^aws_autoscaling_(policy|schedule)/.test(address)),
    ).toEqual([]);
  });

  test('holds a leaving machine until its drain must be over', () => {
    expect(resource('aws_autoscaling_lifecycle_hook', 'on-demand_group_drain')).toMatchObject({
      name: 'drain',
      lifecycle_transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
      heartbeat_timeout: 175,
      default_result: 'CONTINUE',
    });
  });

  test('a rung with a zone starts machines there alone', () => {
    const inZone = synthStaging((text) =>
      EDITS.anotherRung(text).replace('from: spot, count', 'from: spot, zone: us-east-1b, count'),
    );
    expect(resource('aws_autoscaling_group', 'spot-us-east-1b_group', inZone).vpc_zone_identifier).toEqual([
      `\${aws_subnet.network_us-east-1b_nodes.id}`,
    ]);
  });
});

describe('the capacity ladder', () => {
  const ID = 'cr-0123456789abcdef0';
  const TARGET = { capacity_reservation_target: { capacity_reservation_id: ID } };
  const rung = (from: string, reserved: boolean) => {
    const place = reserved ? `, reservation: ${ID}, zone: us-east-1a` : '';
    const stack = synthStaging((text) =>
      text.replace(
        'preset: balanced, version: 0.32.0 }',
        `preset: balanced, version: 0.32.0, capacity: [{ from: ${from}${place}, count: 1 }] }`,
      ),
    );
    return resource('aws_launch_template', `${from}${reserved ? `-${ID}-us-east-1a` : ''}_template`, stack);
  };

  test.each<[string, boolean, Attributes]>([
    ['on-demand', false, { capacity_reservation_specification: { capacity_reservation_preference: 'none' } }],
    ['reservation', true, { capacity_reservation_specification: TARGET }],
    [
      'capacity-block',
      true,
      {
        capacity_reservation_specification: TARGET,
        instance_market_options: { market_type: 'capacity-block' },
      },
    ],
    [
      'spot',
      false,
      {
        instance_market_options: {
          market_type: 'spot',
          spot_options: { spot_instance_type: 'one-time' },
        },
      },
    ],
  ])('%s', (from, reserved, expected) => {
    const { capacity_reservation_specification: reservation, instance_market_options: market } = rung(
      from,
      reserved,
    );
    expect({
      ...(reservation === undefined ? {} : { capacity_reservation_specification: reservation }),
      ...(market === undefined ? {} : { instance_market_options: market }),
    }).toEqual(expected);
  });
});

describe('what a node may do', () => {
  interface Statement {
    readonly Sid: string;
    readonly Action: string | string[];
    readonly Resource: string | string[];
    readonly Condition?: object;
  }
  const statements = (stack = staging): Statement[] =>
    JSON.parse(String(resource('aws_iam_role_policy', 'role_policy', stack).policy)).Statement;

  test('on everything only what has no resource to name', () => {
    const broad = statements().filter(({ Resource }) => Resource === '*');
    expect(broad.map(({ Sid }) => Sid)).toEqual(['Sessions', 'WriteMetrics', 'SignInToRegistry']);
  });

  test('no action by wildcard', () => {
    expect(
      statements()
        .flatMap(({ Action }) => Action)
        .filter((action) => action.includes('*')),
    ).toEqual([]);
  });

  test('ends its own drain, and nobody else’s', () => {
    expect(statements().find(({ Sid }) => Sid === 'EndOwnDrainAndReportOwnHealth')?.Condition).toEqual({
      StringEquals: {
        'autoscaling:ResourceTag/fleet-environment': 'staging',
        'autoscaling:ResourceTag/fleet-model': 'gpt-oss-120b',
        'autoscaling:ResourceTag/fleet-release': 'v32',
      },
    });
  });

  test('pulls the images that it runs, and reads the weights', () => {
    expect(statements().find(({ Sid }) => Sid === 'PullImages')?.Resource).toContain(
      'arn:aws:ecr:us-east-1:123456789012:repository/fleet/vllm-openai',
    );
    expect(statements().find(({ Sid }) => Sid === 'ReadWeights')?.Resource).toBe(
      'arn:aws:s3:::example-fleet-weights/*',
    );
  });

  test('reads no secret unless it fetches from the model hub with a token', () => {
    const secrets = (stack = staging) =>
      statements(stack).filter(({ Action }) => String(Action).startsWith('secretsmanager:'));
    expect(secrets()).toEqual([]);
    const withToken = synthStaging((text) =>
      text
        .replace(
          'weights: { bucket: example-fleet-weights }',
          'weights: { bucket: example-fleet-weights, hubToken: hub-token }',
        )
        .replace('  hop-key:', '  hub-token: { aws: fleet/staging/hub-token }\n  hop-key:'),
    );
    expect(secrets(withToken).map(({ Resource }) => Resource)).toEqual([
      'arn:aws:secretsmanager:us-east-1:123456789012:secret:fleet/staging/hub-token-??????',
    ]);
  });
});

test.each([
  [
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/fleet/vllm@sha256:00'],
    ['arn:aws:ecr:eu-west-1:123456789012:repository/fleet/vllm'],
  ],
  [
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/vllm:v1'],
    ['arn:aws:ecr:cn-north-1:123456789012:repository/vllm'],
  ],
  [['vllm/vllm-openai:v0.32.0', 'public.ecr.aws/nvidia/dcgm:1'], []],
])('%j are repositories %j', (images, arns) => {
  expect(repositoryArns(images, 'aws')).toEqual(arns);
});

test('a name that is too long keeps its beginning and stays unique', () => {
  const names = ['a', 'b'].map((end) => boundedName(['fleet', 'x'.repeat(60), end], 64));
  expect(names.map((name) => name.length)).toEqual([64, 64]);
  expect(new Set(names).size).toBe(2);
});
