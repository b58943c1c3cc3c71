import { describe, expect, test } from 'vitest';
import { subnetCidr } from '../../constructs/aws/address-plan.ts';
import { EDITS, synthStaging } from '../support/staging.ts';
import { type Attributes, difference, type Synthesized } from '../support/synth.ts';

const staging = synthStaging();
const nodesReachInternet = (text: string) =>
  text.replace('nodesReachInternet: false', 'nodesReachInternet: true');
const open = synthStaging(nodesReachInternet);

const ofType = ({ resources }: Synthesized, type: string): [string, Attributes][] =>
  [...resources].filter(([address]) => address.startsWith(`${type}.`));
const routesToInternet = (stack: Synthesized) =>
  ofType(stack, 'aws_route')
    .map(([address]) => address.replace('aws_route.network_us-east-1', ''))
    .toSorted();
const reference = (attribute: string) => `\${${attribute}}`;
const policy = (attributes: Attributes | undefined) => JSON.parse(String(attributes?.policy));

describe('the network', () => {
  test('nodes and gateway have no way to the internet unless the environment says so', () => {
    expect(routesToInternet(staging)).toEqual([
      'a_public_internet',
      'a_router_internet',
      'b_public_internet',
      'b_router_internet',
    ]);
    expect(routesToInternet(open)).toEqual([
      'a_nodes_internet',
      'a_public_internet',
      'a_router_internet',
      'b_nodes_internet',
      'b_public_internet',
      'b_router_internet',
    ]);
  });

  test('only the subnets of NAT gateways lead out directly', () => {
    const direct = ofType(staging, 'aws_route').filter(([, { gateway_id: id }]) => id !== undefined);
    expect(direct.map(([address]) => address)).toEqual([
      'aws_route.network_us-east-1a_public_internet',
      'aws_route.network_us-east-1b_public_internet',
    ]);
    const users = [...staging.resources].filter(([, attributes]) =>
      JSON.stringify(attributes).includes('_public.id'),
    );
    expect(new Set(users.map(([address]) => address.split('.')[0]))).toEqual(
      new Set(['aws_nat_gateway', 'aws_route_table_association']),
    );
  });

  test('nothing gets a public address by itself', () => {
    for (const [address, subnet] of ofType(staging, 'aws_subnet'))
      expect(subnet.map_public_ip_on_launch, address).toBe(false);
  });

  test('the default security group lets nobody through', () => {
    const [[, group] = []] = ofType(staging, 'aws_default_security_group');
    expect(Object.keys(group ?? {}).toSorted()).toEqual(['tags', 'vpc_id']);
  });

  test('who spoke with whom is logged, encrypted, for a year', () => {
    expect(staging.resources.get('aws_flow_log.network_flow-logs')).toMatchObject({ traffic_type: 'ALL' });
    for (const [address, group] of ofType(staging, 'aws_cloudwatch_log_group'))
      expect(group, address).toMatchObject({
        retention_in_days: 365,
        kms_key_id: reference('aws_kms_key.key.arn'),
      });
  });

  test('another zone leaves the subnets of the others as they are', () => {
    const three = synthStaging((text) =>
      text.replace('us-east-1a, us-east-1b', 'us-east-1c, us-east-1a, us-east-1b'),
    );
    const other = difference(staging, three).filter((address) => /us-east-1[ab]/.test(address));
    expect(other).toEqual([]);
  });

  test('no two subnets overlap', () => {
    const ranges = [...'abcdefgh'].flatMap((letter) =>
      (['nodes', 'router', 'gateway', 'public'] as const).map((tier) => {
        const [address = '', prefix] = subnetCidr('10.64.0.0/16', `us-east-1${letter}`, tier).split('/');
        const first = Number(address.split('.')[2]);
        return { first, end: first + 2 ** (24 - Number(prefix)) };
      }),
    );
    const sorted = ranges.toSorted((a, b) => a.first - b.first);
    for (const [index, { first }] of sorted.entries())
      expect(first).toBeGreaterThanOrEqual(sorted[index - 1]?.end ?? 0);
    expect(sorted.at(-1)?.end).toBeLessThanOrEqual(256);
  });
});

describe('who may speak to whom', () => {
  const rules = (direction: 'ingress' | 'egress', stack = staging) =>
    ofType(stack, `aws_vpc_security_group_${direction}_rule`).map(([, rule]) => rule);
  const from = (rule: Attributes) => String(rule.referenced_security_group_id ?? rule.cidr_ipv4);
  const into = (group: string) =>
    rules('ingress')
      .filter(({ security_group_id: id }) => String(id).includes(group))
      .map((rule) => `${from(rule).replace(/.*\.(.*)\.id}/, '$1')}:${rule.from_port}-${rule.to_port}`)
      .toSorted();

  test('nodes are reached by router and Prometheus alone, on their own ports', () => {
    expect(into('nodes_gpt-oss-120b_v32_servers')).toEqual([
      'access_prometheus:8000-8003',
      'access_router:8000-8003',
    ]);
    expect(into('access_nodes')).toEqual([
      'access_prometheus:9100-9100',
      'access_prometheus:9101-9101',
      'access_prometheus:9400-9400',
      'access_router:9101-9101',
    ]);
  });

  test('routers are reached through their load balancer, it by the gateway alone', () => {
    expect(into('access_routers')).toEqual(['access_gateway:8090-8090']);
    expect(into('access_router.')).toEqual([
      'access_prometheus:8093-8093',
      'access_prometheus:8094-8094',
      'access_prometheus:9100-9100',
      'access_routers:8090-8090',
      'access_routers:8093-8093',
    ]);
  });

  test('addresses are let in by the load balancer of the gateway alone, SSH by none', () => {
    const open = rules('ingress').filter(({ cidr_ipv4: cidr }) => cidr !== undefined);
    expect(open.map(({ security_group_id: id }) => id)).toEqual([
      reference('aws_security_group.access_clients.id'),
    ]);
    for (const rule of rules('ingress')) {
      expect(rule.referenced_security_group_id ?? rule.cidr_ipv4).toBeDefined();
      expect(Number(rule.from_port) <= 22 && Number(rule.to_port) >= 22).toBe(false);
    }
    for (const [, group] of ofType(staging, 'aws_security_group')) {
      expect(group.ingress).toBeUndefined();
      expect(group.egress).toBeUndefined();
    }
  });

  test('only the router and monitoring, which calls a pager, may call the internet; nodes too where the environment says so', () => {
    const callers = (stack: Synthesized) =>
      rules('egress', stack)
        .filter(({ cidr_ipv4: cidr }) => cidr !== undefined)
        .map(({ security_group_id: id, from_port: port }) => `${id}:${port}`);
    const allowed = [
      `${reference('aws_security_group.access_prometheus.id')}:443`,
      `${reference('aws_security_group.access_router.id')}:443`,
    ];
    expect(callers(staging).toSorted()).toEqual(allowed);
    expect(callers(open).toSorted()).toEqual([
      `${reference('aws_security_group.access_nodes.id')}:443`,
      ...allowed,
    ]);
  });

  test('a new release brings its own rules and touches none', () => {
    const moved = difference(staging, synthStaging(EDITS.newRelease));
    expect(moved.filter((address) => !address.includes('v34'))).toEqual([
      'aws_ecs_task_definition.gateway_task',
      'aws_s3_object.prometheus_rules',
      'aws_s3_object.router_servers',
      'aws_s3_object.router_weights',
    ]);
  });
});

describe('services of AWS', () => {
  test('interface endpoints serve identities of this account alone', () => {
    const endpoints = ofType(staging, 'aws_vpc_endpoint').filter(
      ([, { vpc_endpoint_type: type }]) => type === 'Interface',
    );
    expect(endpoints.map(([, { service_name: name }]) => String(name).split('us-east-1.')[1])).toEqual([
      'autoscaling',
      'ec2',
      'ec2messages',
      'ecr.api',
      'ecr.dkr',
      'logs',
      'monitoring',
      'secretsmanager',
      'ssm',
      'ssmmessages',
    ]);
    for (const [address, endpoint] of endpoints)
      expect(policy(endpoint).Statement, address).toEqual([
        expect.objectContaining({
          Condition: { StringEquals: { 'aws:PrincipalAccount': '123456789012' } },
        }),
      ]);
  });

  test('closed subnets read the environment’s buckets and image layers, nothing else of S3', () => {
    const resources = policy(staging.resources.get('aws_vpc_endpoint.services_s3')).Statement.flatMap(
      ({ Resource }: { Resource: string | string[] }) => Resource,
    );
    expect(resources).toEqual([
      'arn:aws:s3:::123456789012-staging-fleet-documents',
      'arn:aws:s3:::123456789012-staging-fleet-documents/*',
      'arn:aws:s3:::example-fleet-weights',
      'arn:aws:s3:::example-fleet-weights/*',
      'arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*',
    ]);
    const tables = staging.resources.get('aws_vpc_endpoint.services_s3')?.route_table_ids;
    expect(JSON.stringify(tables)).not.toMatch(/router|public/);
  });
});
