import { expect, test } from 'vitest';
import { judge } from '../../plan/judge.ts';
import { surroundingsOf } from '../../plan/of-environment.ts';
import { readSynthesized } from '../../plan/synthesized.ts';
import { PROD_EDITS, synthProd } from '../support/prod.ts';
import { editedEnvironment } from '../support/shipped.ts';
import { difference } from '../support/synth.ts';

const reference = (attribute: string) => `\${${attribute}}`;
const without = synthProd();
const shared = synthProd(PROD_EDITS.ownRedis);
const resource = (address: string) => shared.resources.get(address) ?? {};

test('a Redis of the environment is new; of what was there the gateway and its dashboard learn of it', () => {
  expect(difference(without, shared).filter((address) => !/\.redis(_|$)/.test(address))).toEqual([
    'google_cloud_run_v2_service.gateway',
    'google_storage_bucket_object.grafana_dashboards_fleet-gateway',
  ]);
});

test('it is encrypted on the way, in two zones, with an address in the network', () => {
  expect(resource('google_memorystore_instance.redis')).toMatchObject({
    mode: 'CLUSTER_DISABLED',
    replica_count: 1,
    authorization_mode: 'IAM_AUTH',
    transit_encryption_mode: 'SERVER_AUTHENTICATION',
    desired_auto_created_endpoints: [
      { network: reference('google_compute_network.network.id'), project_id: 'example-project' },
    ],
  });
  expect(resource('google_compute_subnetwork.redis_redis-addresses')).toMatchObject({
    ip_cidr_range: '10.64.19.0/24',
  });
});

test("only the gateway's identity signs in, and only there", () => {
  const members = [...shared.resources.values()].filter(({ role }) =>
    String(role).startsWith('roles/memorystore.'),
  );
  expect(members).toEqual([
    {
      project: 'example-project',
      role: 'roles/memorystore.dbConnectionUser',
      member: reference('google_service_account.access_gateway.member'),
      condition: {
        title: 'this Redis',
        expression:
          'resource.name == "projects/example-project/locations/us-central1/instances/fleet-prod-redis"',
      },
    },
  ]);
});

test('the gateway finds it by name, signs in by its identity and trusts its own authority alone', () => {
  const { template } = resource('google_cloud_run_v2_service.gateway') as {
    template: { containers: readonly { env: readonly { name: string; value: string }[] }[] };
  };
  const [config, authority] = template.containers[0]?.env ?? [];
  expect(JSON.parse(config?.value ?? '').redis).toEqual({
    address: 'redis.prod.fleet.internal:6379',
    auth: 'google',
    tls: true,
    certificateAuthority: { env: 'FLEET_REDIS_AUTHORITY' },
    ownAuthority: true,
    whenUnavailable: 'serve',
  });
  expect(authority?.name).toBe('FLEET_REDIS_AUTHORITY');
  expect(authority?.value).toContain('google_memorystore_instance.redis.managed_server_ca');
  expect(resource('google_dns_record_set.redis_name')).toMatchObject({
    type: 'A',
    rrdatas: [expect.stringContaining('google_memorystore_instance.redis.endpoints')],
  });
});

test('the plan checks find nothing in it', () => {
  const { findings } = judge({
    synthesized: readSynthesized(shared.json),
    surroundings: surroundingsOf(editedEnvironment('prod', [PROD_EDITS.ownRedis])),
    suppressions: [],
    today: '2026-11-30',
  });
  expect(findings).toEqual([]);
});
