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

  const grantsOf = (account: string, stack = prod) =>
    [...stack.resources]
      .filter(([, { member }]) => member === `\${google_service_account.${account}.member}`)
      .map(([address]) => address)
      .toSorted();

  test('may read nothing themselves but the container engine’s packages: they pull, log and act as their programs', () => {
    expect(grantsOf('access_router')).toEqual([
      'google_artifact_registry_repository_iam_member.router_grants_pull-example-project-us-central1-fleet',
      'google_project_iam_member.access_router_logs',
      'google_service_account_iam_member.router_parts_egress_machine',
      'google_service_account_iam_member.router_parts_router-agent_machine',
      'google_storage_bucket_iam_member.router_grants_engine',
    ]);
    expect(resource('google_storage_bucket_iam_member.router_grants_engine')).toMatchObject({
      bucket: 'example-fleet-weights',
      condition: {
        expression: 'resource.name.startsWith("projects/_/buckets/example-fleet-weights/objects/engine/")',
      },
    });
  });

  test('their agent reads its documents and the hop key and finds machines, their egress its document and secrets', () => {
    expect(grantsOf('router_parts_router-agent')).toEqual([
      'google_project_iam_member.router_parts_router-agent_finds-machines-granted',
      'google_secret_manager_secret_iam_member.router_parts_router-agent_read-hop-key',
      'google_storage_bucket_iam_member.router_parts_router-agent_documents',
    ]);
    expect(grantsOf('router_parts_egress')).toEqual([
      'google_secret_manager_secret_iam_member.router_parts_egress_read-groq-key',
      'google_secret_manager_secret_iam_member.router_parts_egress_read-hop-key',
      'google_storage_bucket_iam_member.router_parts_egress_documents',
    ]);
    expect(
      resource('google_project_iam_custom_role.router_parts_router-agent_finds-machines').permissions,
    ).toEqual(['compute.instances.list']);
    for (const [part, folder] of [
      ['router-agent', 'router'],
      ['egress', 'egress'],
    ])
      expect(resource(`google_storage_bucket_iam_member.router_parts_${part}_documents`).condition).toEqual({
        title: `documents of ${folder}`,
        expression: expect.stringMatching(
          new RegExp(`^resource\\.name\\.startsWith\\("[^"]*/objects/${folder}/"\\)$`),
        ),
      });
  });

  test.each(['router-agent', 'egress'])('nobody but these machines gets a token of %s', (part) => {
    const account = `fleet-prod-${part}@example-project.iam.gserviceaccount.com`;
    expect(resource(`google_service_account.router_parts_${part}`).account_id).toBe(`fleet-prod-${part}`);
    const grants = [...prod.resources].filter(
      ([, { service_account_id: id }]) => id === `projects/example-project/serviceAccounts/${account}`,
    );
    expect(grants.map(([, { role, member }]) => [role, member])).toEqual([
      [
        `\${google_project_iam_custom_role.router_parts_acts.name}`,
        `\${google_service_account.access_router.member}`,
      ],
    ]);
    expect(resource('google_project_iam_custom_role.router_parts_acts').permissions).toEqual([
      'iam.serviceAccounts.getAccessToken',
    ]);
  });

  test('the egress may ask models on Vertex AI, and do nothing else there, once an endpoint of that kind is named', () => {
    const asking = synthProd(PROD_EDITS.vertex);
    expect(difference(prod, asking).filter((address) => address.includes('_iam_'))).toEqual([
      'google_project_iam_custom_role.router_parts_egress_asks-vertex',
      'google_project_iam_member.router_parts_egress_asks-vertex-granted',
    ]);
    expect(
      asking.resources.get('google_project_iam_custom_role.router_parts_egress_asks-vertex')?.permissions,
    ).toEqual(['aiplatform.endpoints.predict']);
    expect(grantsOf('router_parts_egress', asking)).toContain(
      'google_project_iam_member.router_parts_egress_asks-vertex-granted',
    );
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
