import { describe, expect, test } from 'vitest';
import { AwsPlatform } from '../../constructs/aws/aws-platform.ts';
import {
  difference,
  shippedEnvironment,
  synthEnvironment,
  TEMPLATES,
  TEST_TOOLKIT,
} from '../support/synth.ts';

function synthStaging(change?: (text: string) => string) {
  return synthEnvironment(
    shippedEnvironment('staging', change),
    (stack, environment) => new AwsPlatform(stack, environment, TEST_TOOLKIT, TEMPLATES),
  );
}

const asPublic = (text: string) => text.replace('  domain: llm', '  exposure: public\n  domain: llm');
const internal = synthStaging();
const open = synthStaging(asPublic);

const attributes = (address: string, { resources } = internal) => resources.get(address) ?? {};
const [container] = JSON.parse(
  String(attributes('aws_ecs_task_definition.gateway_task').container_definitions),
);

const decoded = (value: string) => JSON.parse(Buffer.from(value, 'base64').toString('utf8'));

describe('the container of the gateway', () => {
  test('has no privileges and nothing to write on', () => {
    expect(container).toMatchObject({
      user: '10001:10001',
      readonlyRootFilesystem: true,
      linuxParameters: { capabilities: { drop: ['ALL'] } },
    });
  });

  test('runs one image by digest', () => {
    expect(container.image).toMatch(/^123456789012\.dkr\.ecr\..+@sha256:[0-9a-f]{64}$/);
  });

  test('gets secrets by reference and its configuration as a variable', () => {
    expect(container.secrets).toEqual([
      {
        name: 'FLEET_SECRET_API_KEYS',
        valueFrom: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:fleet/staging/api-keys',
      },
      {
        name: 'FLEET_SECRET_HOP_KEY',
        valueFrom: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:fleet/staging/hop-key',
      },
    ]);
    const [{ name, value }] = container.environment;
    expect(container.command).toContain(name);
    expect(decoded(value)).toMatchObject({
      role: 'edge',
      keys: { env: 'FLEET_SECRET_API_KEYS' },
      router: { key: { env: 'FLEET_SECRET_HOP_KEY' } },
    });
  });

  test('is stopped later than it drains', () => {
    const config = decoded(container.environment[0].value);
    expect(container.stopTimeout).toBeGreaterThan(config.drainSeconds);
  });
});

test('the program has no role; who starts it may read its two secrets and no others', () => {
  expect(attributes('aws_ecs_task_definition.gateway_task')).not.toHaveProperty('task_role_arn');
  const { Statement } = JSON.parse(String(attributes('aws_iam_role_policy.gateway_role_policy').policy));
  const read = Statement.find(({ Sid }: { Sid: string }) => Sid === 'ReadSecrets');
  expect(read.Resource).toEqual([
    'arn:aws:secretsmanager:us-east-1:123456789012:secret:fleet/staging/api-keys-??????',
    'arn:aws:secretsmanager:us-east-1:123456789012:secret:fleet/staging/hop-key-??????',
  ]);
});

test('instances have no public address and no way to the internet', () => {
  expect(attributes('aws_ecs_service.gateway')).toMatchObject({
    network_configuration: { assign_public_ip: false },
  });
  const ways = [...internal.resources.keys()].filter((address) =>
    /^aws_route\..*_gateway_internet/.test(address),
  );
  expect(ways).toEqual([]);
});

describe('the load balancer', () => {
  const rules = ({ resources } = internal) =>
    [...resources.entries()]
      .filter(([address]) => address.startsWith('aws_vpc_security_group_ingress_rule.access_clients'))
      .map(([, { cidr_ipv4, from_port }]) => `${from_port} from ${cidr_ipv4}`);

  test('of an internal gateway takes HTTPS from the network alone', () => {
    expect(attributes('aws_lb.gateway_balancer')).toMatchObject({ internal: true });
    expect(rules()).toEqual(['443 from 10.64.0.0/16']);
  });

  test('of a public gateway turns HTTP into HTTPS', () => {
    expect(attributes('aws_lb.gateway_balancer', open)).toMatchObject({ internal: false });
    expect(rules(open)).toEqual(['80 from 0.0.0.0/0', '443 from 0.0.0.0/0']);
    expect(attributes('aws_lb_listener.gateway_balancer_http', open)).toMatchObject({
      default_action: [{ type: 'redirect', redirect: { protocol: 'HTTPS' } }],
    });
  });

  test('waits for an answer as long as a request may take', () => {
    expect(attributes('aws_lb.gateway_balancer')).toMatchObject({ idle_timeout: 1800 });
  });
});

test('the count of instances belongs to the autoscaling only where there is one', () => {
  const fixed = synthStaging((text) => text.replace('{ least: 2, most: 4 }', '{ least: 2, most: 2 }'));
  expect(attributes('aws_ecs_service.gateway').lifecycle).toEqual({ ignore_changes: ['desired_count'] });
  expect(attributes('aws_ecs_service.gateway', fixed)).not.toHaveProperty('lifecycle');
  expect(fixed.resources.has('aws_appautoscaling_target.gateway_instances')).toBe(false);
});

test('another price is a new revision of the task and nothing else', () => {
  const priced = synthStaging((text) =>
    text.replace(
      'endpoint: { host: groq }',
      'price: { input: 0.15, output: 0.7 }\n        endpoint: { host: groq }',
    ),
  );
  expect(difference(internal, priced)).toEqual(['aws_ecs_task_definition.gateway_task']);
});
