import { describe, expect, test } from 'vitest';
import { synthStaging } from '../support/staging.ts';

const staging = synthStaging();
const resource = (address: string) => staging.resources.get(address) ?? {};

interface Statement {
  readonly Sid: string;
  readonly Action: unknown;
  readonly Resource: unknown;
}

const statementsOf = (address: string): Statement[] =>
  JSON.parse(String(resource(address).policy)).Statement.filter(({ Sid }: Statement) => Sid !== 'Sessions');
const rightsOf = (address: string) => statementsOf(address).map(({ Sid, Resource }) => [Sid, Resource]);
const documents = (part: string) => `arn:aws:s3:::123456789012-staging-fleet-documents/${part}/*`;
const secret = (name: string) =>
  `arn:aws:secretsmanager:us-east-1:123456789012:secret:fleet/staging/${name}-??????`;
const role = (part: string) => `arn:aws:iam::123456789012:role/fleet-staging-${part}-us-east-1`;

describe('routers on aws', () => {
  test('join once they serve, and leave when they have drained', () => {
    expect(resource('aws_autoscaling_group.router_group').initial_lifecycle_hook).toEqual([
      expect.objectContaining({ name: 'join', default_result: 'ABANDON' }),
      expect.objectContaining({ name: 'drain', default_result: 'CONTINUE', heartbeat_timeout: 1855 }),
    ]);
  });

  test('ask for their identity by session, have an encrypted disk and no public address', () => {
    expect(resource('aws_launch_template.router_template')).toMatchObject({
      metadata_options: { http_tokens: 'required', http_put_response_hop_limit: 1 },
      block_device_mappings: [{ ebs: expect.objectContaining({ encrypted: 'true' }) }],
      network_interfaces: [expect.objectContaining({ associate_public_ip_address: 'false' })],
    });
  });

  test('may read nothing themselves: they pull, log, join and leave their group, and act as their programs', () => {
    expect(rightsOf('aws_iam_role_policy.router_role_policy')).toEqual([
      ['ActAsOwnPrograms', [role('router-agent'), role('egress')]],
      ['WriteLogs', expect.stringContaining('/fleet/staging/router')],
      ['JoinAndLeaveOwnGroup', expect.stringContaining('autoScalingGroupName/fleet-*')],
      ['SignInToRegistry', '*'],
      ['PullImages', expect.any(Array)],
    ]);
  });

  test('their agent reads its documents and the hop key and sees machines, their egress its document and secrets', () => {
    expect(rightsOf('aws_iam_role_policy.router_parts_router-agent_policy')).toEqual([
      ['ReadOwnDocuments', documents('router')],
      ['ReadOwnSecrets', [secret('hop-key')]],
      ['FindNodes', '*'],
    ]);
    expect(rightsOf('aws_iam_role_policy.router_parts_egress_policy')).toEqual([
      ['ReadOwnDocuments', documents('egress')],
      ['ReadOwnSecrets', [secret('hop-key'), secret('groq-key')]],
    ]);
  });

  test.each(['router-agent', 'egress'])('nobody but these machines may act as %s', (part) => {
    const { name, assume_role_policy: trust } = resource(`aws_iam_role.router_parts_${part}`);
    expect(name).toBe(`fleet-staging-${part}-us-east-1`);
    expect(JSON.parse(String(trust)).Statement).toEqual([
      {
        Effect: 'Allow',
        Principal: { AWS: 'arn:aws:iam::123456789012:root' },
        Action: 'sts:AssumeRole',
        Condition: { ArnEquals: { 'aws:PrincipalArn': role('router') } },
      },
    ]);
    expect(resource('aws_iam_role.router_role').name).toBe('fleet-staging-router-us-east-1');
  });

  test('no other identity of the environment may read what the egress alone needs', () => {
    const readers = [...staging.resources]
      .filter(([, { policy }]) => typeof policy === 'string' && policy.includes('staging/groq-key'))
      .map(([address]) => address);
    expect(readers).toEqual(['aws_iam_role_policy.router_parts_egress_policy']);
  });

  test('keep their streams when their health fails or they leave', () => {
    expect(resource('aws_lb_target_group.router_balancer_machines')).toMatchObject({
      connection_termination: false,
      target_health_state: [{ enable_unhealthy_connection_termination: false }],
      health_check: expect.objectContaining({ path: '/health', port: '8093' }),
    });
    expect(resource('aws_lb.router_balancer')).toMatchObject({
      internal: true,
      load_balancer_type: 'network',
    });
    expect(resource('aws_route53_record.router_balancer_name').name).toBe('router.staging.fleet.internal');
  });
});
