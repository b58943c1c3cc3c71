import { expect, test } from 'vitest';
import { EDITS, synthStaging } from '../support/staging.ts';
import { difference } from '../support/synth.ts';

const without = synthStaging();
const shared = synthStaging(EDITS.ownRedis);

test('a Redis of the environment is new; of what was there the gateway and its dashboard learn of it', () => {
  expect(difference(without, shared).filter((address) => !/_redis(_|$)|\.redis(_|$)/.test(address))).toEqual([
    'aws_ecs_service.gateway',
    'aws_ecs_task_definition.gateway_task',
    'aws_iam_role_policy.gateway_role_policy',
    'aws_s3_object.grafana_dashboards_fleet-gateway',
  ]);
});

test('it is encrypted at rest and on the way, and in two zones', () => {
  expect(shared.resources.get('aws_elasticache_replication_group.redis')).toMatchObject({
    engine: 'valkey',
    num_cache_clusters: 2,
    automatic_failover_enabled: true,
    multi_az_enabled: true,
    transit_encryption_enabled: true,
    transit_encryption_mode: 'required',
    at_rest_encryption_enabled: 'true',
    kms_key_id: expect.stringContaining('aws_kms_key.key'),
  });
});

test('gateways reach it and nobody else does', () => {
  const rules = [...shared.resources].filter(
    ([address, { security_group_id: group }]) =>
      address.startsWith('aws_vpc_security_group_ingress_rule.') &&
      String(group).includes('aws_security_group.redis_access.'),
  );
  expect(rules.map(([, rule]) => rule)).toEqual([
    expect.objectContaining({
      from_port: 6379,
      to_port: 6379,
      referenced_security_group_id: expect.stringContaining('aws_security_group.access_gateway.'),
    }),
  ]);
});

test('its address is a file of variables that tasks are started with, and no password is anywhere', () => {
  const [container] = JSON.parse(
    String(shared.resources.get('aws_ecs_task_definition.gateway_task')?.container_definitions),
  );
  const file = 'arn:aws:s3:::123456789012-staging-fleet-documents/gateway/found.env';
  expect(container.environmentFiles).toEqual([{ type: 's3', value: file }]);
  expect(shared.resources.get('aws_s3_object.redis_variables')).toMatchObject({
    key: 'gateway/found.env',
    content: `FLEET_REDIS_ADDRESS=\${aws_elasticache_replication_group.redis.primary_endpoint_address}:6379\n`,
  });
  expect(JSON.stringify(shared.resources.get('aws_iam_role_policy.gateway_role_policy'))).toContain(file);
  const config = container.environment[0].value;
  expect(JSON.parse(Buffer.from(config, 'base64').toString()).redis).toEqual({
    address: { env: 'FLEET_REDIS_ADDRESS' },
    tls: true,
    whenUnavailable: 'serve',
  });
  expect(shared.resources.get('aws_elasticache_replication_group.redis')).not.toHaveProperty('auth_token');
});
