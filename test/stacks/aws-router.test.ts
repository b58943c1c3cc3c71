import { describe, expect, test } from 'vitest';
import { synthStaging } from '../support/staging.ts';

const staging = synthStaging();
const resource = (address: string) => staging.resources.get(address) ?? {};

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

  test('may read their own documents and secrets, see machines, and join and leave their own group', () => {
    const { Statement } = JSON.parse(String(resource('aws_iam_role_policy.router_role_policy').policy));
    const rights = Statement.filter(({ Sid }: { Sid: string }) => Sid !== 'Sessions').map(
      ({ Sid, Resource }: { Sid: string; Resource: unknown }) => [Sid, Resource],
    );
    const bucket = 'arn:aws:s3:::123456789012-staging-fleet-documents';
    expect(rights).toEqual([
      ['ReadOwnDocuments', [`${bucket}/router/*`, `${bucket}/egress/*`]],
      [
        'ReadOwnSecrets',
        ['hop-key', 'groq-key'].map(
          (name) => `arn:aws:secretsmanager:us-east-1:123456789012:secret:fleet/staging/${name}-??????`,
        ),
      ],
      ['FindNodes', '*'],
      ['WriteLogs', expect.stringContaining('/fleet/staging/router')],
      ['JoinAndLeaveOwnGroup', expect.stringContaining('autoScalingGroupName/fleet-*')],
      ['SignInToRegistry', '*'],
      ['PullImages', expect.any(Array)],
    ]);
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
