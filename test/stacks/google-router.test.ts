import { describe, expect, test } from 'vitest';
import { PROD_EDITS, synthProd } from '../support/prod.ts';
import { difference } from '../support/synth.ts';

const prod = synthProd();
const resource = (address: string) => prod.resources.get(address) ?? {};

describe('routers on google', () => {
  test('none goes before the new ones serve, and they are spread over the zones', () => {
    expect(resource('google_compute_region_instance_group_manager.router_group')).toMatchObject({
      target_size: 2,
      distribution_policy_target_shape: 'EVEN',
      distribution_policy_zones: ['us-central1-a', 'us-central1-c'],
      update_policy: { type: 'PROACTIVE', max_unavailable_fixed: 0, max_surge_fixed: 2 },
    });
  });

  test('are shielded, small, with their own identity and without a public address', () => {
    const template = resource('google_compute_region_instance_template.router_template');
    expect(template).toMatchObject({
      machine_type: 'e2-standard-2',
      shielded_instance_config: { enable_secure_boot: true, enable_vtpm: true },
      service_account: { email: `\${google_service_account.access_router.email}` },
      labels: { 'fleet-part': 'router', 'fleet-environment': 'prod' },
    });
    expect(JSON.stringify(template.network_interface)).not.toContain('access_config');
  });

  test('read their own documents and secrets, the container engine’s packages, find machines, and nothing else', () => {
    const member = `\${google_service_account.access_router.member}`;
    const grants = [...prod.resources].filter(([, attributes]) => attributes.member === member);
    expect(grants.map(([address]) => address).toSorted()).toEqual([
      'google_artifact_registry_repository_iam_member.router_grants_pull-example-project-us-central1-fleet',
      'google_project_iam_member.access_router_logs',
      'google_project_iam_member.router_grants_machines',
      'google_secret_manager_secret_iam_member.router_grants_read-groq-key',
      'google_secret_manager_secret_iam_member.router_grants_read-hop-key',
      'google_storage_bucket_iam_member.router_grants_documents',
      'google_storage_bucket_iam_member.router_grants_engine',
    ]);
    expect(resource('google_project_iam_custom_role.router_grants_finds-machines').permissions).toEqual([
      'compute.instances.list',
    ]);
    const { condition } = resource('google_storage_bucket_iam_member.router_grants_documents');
    expect(JSON.stringify(condition)).toMatch(/objects\/router\/.*objects\/egress\//);
    expect(resource('google_storage_bucket_iam_member.router_grants_engine')).toMatchObject({
      bucket: 'example-fleet-weights',
      condition: {
        expression: 'resource.name.startsWith("projects/_/buckets/example-fleet-weights/objects/engine/")',
      },
    });
  });

  test('may ask models on Vertex AI, and do nothing else there, once an endpoint of that kind is named', () => {
    const asking = synthProd(PROD_EDITS.vertex);
    expect(difference(prod, asking).filter((address) => address.includes('_iam_'))).toEqual([
      'google_project_iam_custom_role.router_grants_asks-vertex',
      'google_project_iam_member.router_grants_vertex',
    ]);
    expect(
      asking.resources.get('google_project_iam_custom_role.router_grants_asks-vertex')?.permissions,
    ).toEqual(['aiplatform.endpoints.predict']);
    expect(asking.resources.get('google_project_iam_member.router_grants_vertex')).toMatchObject({
      member: `\${google_service_account.access_router.member}`,
    });
  });

  test('are granted nothing in the project of somebody else', () => {
    const abroad = synthProd(PROD_EDITS.vertex, (text) =>
      text.replace('region: us-central1, project: example-project', 'region: us-central1, project: other'),
    );
    expect(difference(prod, abroad).filter((address) => address.includes('_iam_'))).toEqual([]);
  });

  test('are asked for their health by Google’s own ranges on the agent’s port', () => {
    expect(resource('google_compute_firewall.access_router-health')).toMatchObject({
      allow: [{ protocol: 'tcp', ports: ['8093'] }],
      source_ranges: ['35.191.0.0/16', '130.211.0.0/22'],
    });
    expect(resource('google_compute_health_check.router_balancer_serves')).toMatchObject({
      http_health_check: { port: 8093, request_path: '/health' },
    });
  });

  test('are reached inside the network alone, through one name', () => {
    expect(resource('google_compute_forwarding_rule.router_balancer')).toMatchObject({
      load_balancing_scheme: 'INTERNAL',
      ports: ['8090'],
    });
  });
});
