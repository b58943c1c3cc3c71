import { describe, expect, test } from 'vitest';
import { resourceName } from '../../workloads/google-names.ts';
import { PROD_EDITS, synthProd } from '../support/prod.ts';
import type { Attributes } from '../support/synth.ts';

const prod = synthProd();
const ladder = synthProd(PROD_EDITS.wholeLadder);
const RELEASE = 'nodes_gpt-oss-120b_v32';
const resource = (type: string, path: string, stack = prod): Attributes => {
  const found = stack.resources.get(`${type}.${path}`);
  if (found === undefined) throw new Error(`no ${type}.${path}`);
  return found;
};
const templateOf = (rung: string, stack = ladder) =>
  resource('google_compute_region_instance_template', `${RELEASE}_${rung}_template`, stack);
const template = templateOf('on-demand', prod);
const group = resource('google_compute_region_instance_group_manager', `${RELEASE}_on-demand_group`);

describe('a machine', () => {
  test('has no public address', () => {
    const [card, ...others] = template.network_interface as Attributes[];
    expect(others).toEqual([]);
    expect(card).toEqual({
      subnetwork: `\${google_compute_subnetwork.network_nodes.id}`,
      nic_type: 'GVNIC',
      stack_type: 'IPV4_ONLY',
    });
  });

  test('boots measured and signed code', () => {
    expect(template.shielded_instance_config).toEqual({
      enable_secure_boot: true,
      enable_vtpm: true,
      enable_integrity_monitoring: true,
    });
  });

  test('takes its configuration from user data, which replaces nothing', () => {
    const path = 'nodes/gpt-oss-120b/v32/user-data';
    expect(template.metadata_startup_script).toBeUndefined();
    expect(template.metadata).toEqual({
      'user-data': `\${file("documents/${path}")}`,
      'enable-oslogin': 'TRUE',
      'block-project-ssh-keys': 'TRUE',
      'serial-port-enable': 'FALSE',
      'serial-port-logging-enable': 'TRUE',
    });
    expect(prod.files.get(path)).toContain('#cloud-config');
  });

  test('is found by labels, which take no dots', () => {
    expect(template.labels).toEqual({
      team: 'inference',
      'fleet-environment': 'prod',
      'fleet-model': 'gpt-oss-120b',
      'fleet-release': 'v32',
    });
    const dotted = resource(
      'google_compute_region_instance_template',
      'nodes_example-1-5b_v1_on-demand_template',
      synthProd(PROD_EDITS.newModel),
    );
    expect(dotted.labels).toMatchObject({ 'fleet-model': 'example-1_5b' });
  });

  test.each([
    ['a3-highgpu-8g', 16, 200, 'pd-ssd'],
    ['a2-ultragpu-8g', 8, 200, 'pd-ssd'],
    ['a3-ultragpu-8g', 0, 311, 'hyperdisk-balanced'],
  ])('%s: %d local disks, a boot disk of %d GB on %s', (machine, locals, bootGB, diskType) => {
    const stack = synthProd((text) =>
      text.replace('machine: a3-highgpu-8g, count: 2', `machine: ${machine}, count: 3`),
    );
    const [boot, ...local] = templateOf('on-demand', stack).disk as Attributes[];
    expect(boot).toMatchObject({ boot: true, disk_size_gb: bootGB, disk_type: diskType });
    expect(local).toHaveLength(locals);
    for (const disk of local)
      expect(disk).toMatchObject({
        type: 'SCRATCH',
        disk_type: 'local-ssd',
        disk_size_gb: 375,
        interface: 'NVME',
      });
  });
});

describe('the capacity ladder', () => {
  const STOPS = { on_host_maintenance: 'TERMINATE' };
  test.each<[string, Attributes, Attributes]>([
    ['on-demand', { provisioning_model: 'STANDARD' }, { type: 'NO_RESERVATION' }],
    [
      'reservation-fleet-h100-us-central1-a',
      { provisioning_model: 'STANDARD' },
      {
        type: 'SPECIFIC_RESERVATION',
        specific_reservation: { key: 'compute.googleapis.com/reservation-name', values: ['fleet-h100'] },
      },
    ],
    [
      'flex-start',
      {
        provisioning_model: 'FLEX_START',
        automatic_restart: false,
        instance_termination_action: 'DELETE',
        max_run_duration: { seconds: 604_800 },
      },
      { type: 'NO_RESERVATION' },
    ],
    [
      'spot',
      { provisioning_model: 'SPOT', preemptible: true, instance_termination_action: 'DELETE' },
      { type: 'NO_RESERVATION' },
    ],
  ])('%s', (rung, scheduling, reservation) => {
    expect(templateOf(rung)).toMatchObject({
      scheduling: { ...STOPS, ...scheduling },
      reservation_affinity: reservation,
    });
  });

  test('a reservation’s machines start in its zone, the others in any', () => {
    const zones = (rung: string) =>
      resource('google_compute_region_instance_group_manager', `${RELEASE}_${rung}_group`, ladder)
        .distribution_policy_zones;
    expect(zones('reservation-fleet-h100-us-central1-a')).toEqual(['us-central1-a']);
    expect(zones('spot')).toEqual(['us-central1-a', 'us-central1-c']);
  });

  test('flex-start machines are asked for at once, lent for a week, and not repaired', () => {
    const flex = resource('google_compute_instance_group_manager', `${RELEASE}_flex-start_group`, ladder);
    expect(flex).toMatchObject({ instance_lifecycle_policy: { default_action_on_failure: 'DO_NOTHING' } });
    expect([flex.target_size, flex.auto_healing_policies]).toEqual([undefined, undefined]);
    expect(
      resource('google_compute_resize_request', `${RELEASE}_flex-start_group_request`, ladder),
    ).toMatchObject({
      resize_by: 1,
      requested_run_duration: { seconds: '604800' },
    });
  });
});

describe('a group', () => {
  test('replaces nobody for a new template, a zone or a policy', () => {
    expect(group.update_policy).toMatchObject({
      type: 'OPPORTUNISTIC',
      instance_redistribution_type: 'NONE',
      max_surge_fixed: 0,
    });
    expect(group.distribution_policy_target_shape).toBe('ANY');
    expect([...prod.resources.keys()].filter((address) => address.includes('autoscaler'))).toEqual([]);
  });

  test('makes a broken machine anew, from its own template, but waits for a model to load', () => {
    expect(group).toMatchObject({
      auto_healing_policies: { initial_delay_sec: 3600 },
      instance_lifecycle_policy: { default_action_on_failure: 'REPAIR', force_update_on_repair: 'NO' },
    });
    expect(resource('google_compute_health_check', 'node-health').http_health_check).toEqual({
      port: 9101,
      request_path: '/health',
    });
  });

  test('does not hold Terraform up until there are GPUs', () => {
    expect(group.wait_for_instances).toBe(false);
  });
});

describe('what a node may do', () => {
  const member = `\${google_service_account.access_nodes.member}`;
  const grants = (stack = prod) =>
    [...stack.resources]
      .filter(([address, attributes]) => address.includes('_iam_member.') && attributes.member === member)
      .map(([address, { role }]) => [address.split('.')[0], role]);

  test('writes logs and metrics; reads weights and its images, each on that resource alone', () => {
    expect(grants()).toEqual([
      ['google_artifact_registry_repository_iam_member', 'roles/artifactregistry.reader'],
      ['google_project_iam_member', 'roles/logging.logWriter'],
      ['google_project_iam_member', 'roles/monitoring.metricWriter'],
      ['google_storage_bucket_iam_member', 'roles/storage.objectViewer'],
    ]);
    expect(resource('google_storage_bucket_iam_member', 'node-grants_weights').bucket).toBe(
      'example-fleet-weights',
    );
  });

  test('reads no secret unless it fetches from the model hub with a token', () => {
    const hub = synthProd((text) =>
      text
        .replace('weights: { bucket: example-fleet-weights }', 'weights: { hubToken: hub-token }')
        .replace('nodesReachInternet: false', 'nodesReachInternet: true')
        .replace('  hop-key:', '  hub-token: { google: fleet-prod-hub-token }\n  hop-key:'),
    );
    expect(grants(hub).map(([type]) => type)).toContain('google_secret_manager_secret_iam_member');
    expect(resource('google_secret_manager_secret_iam_member', 'node-grants_hub-token', hub)).toMatchObject({
      secret_id: 'fleet-prod-hub-token',
      role: 'roles/secretmanager.secretAccessor',
    });
  });

  test('is one identity of its own', () => {
    expect(template.service_account).toEqual({
      email: `\${google_service_account.access_nodes.email}`,
      scopes: ['cloud-platform'],
    });
  });
});

describe('names', () => {
  test('are what Google takes, and unique', () => {
    const long = 'a'.repeat(63);
    const lists = [
      ['gpt-oss-120b', 'v32'],
      ['gpt-oss', '120b-v32'],
      ['gpt-oss-1.5b', 'v32'],
      ['gpt-oss-1-5b', 'v32'],
      [long, 'v32'],
      [long, 'v33'],
    ];
    for (const longest of [63, 58, 36, 30]) {
      const names = lists.map((parts) => resourceName('prod', parts, longest));
      for (const name of names) {
        expect(name).toMatch(/^[a-z]([-a-z0-9]*[a-z0-9])?$/);
        expect(name.length).toBeLessThanOrEqual(longest);
      }
      expect(new Set(names).size).toBe(lists.length);
    }
  });

  test('that cannot be mistaken are plain', () => {
    expect(resourceName('prod', ['network'])).toBe('fleet-prod-network');
  });
});
