import { describe, expect, test } from 'vitest';
import { synthProd } from '../support/prod.ts';
import { difference } from '../support/synth.ts';

const reference = (attribute: string) => `\${${attribute}}`;
const prod = synthProd();
const internal = synthProd((text) => text.replace('  exposure: public\n', ''));
const service = prod.resources.get('google_cloud_run_v2_service.gateway') ?? {};
const { template } = service as { template: Record<string, unknown> };
const [container] = template.containers as Record<string, unknown>[];

describe('the service', () => {
  test('is reached through the load balancer alone, or from inside alone', () => {
    expect(service.ingress).toBe('INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER');
    expect(internal.resources.get('google_cloud_run_v2_service.gateway')?.ingress).toBe(
      'INGRESS_TRAFFIC_INTERNAL_ONLY',
    );
  });

  test('speaks HTTP/2 without TLS, so that it sees a client leave', () => {
    expect(container?.ports).toEqual({ container_port: 8080, name: 'h2c' });
  });

  test('has an identity of its own and the network as its only way out', () => {
    expect(template.service_account).toBe(reference('google_service_account.access_gateway.email'));
    expect(template.vpc_access).toEqual({
      egress: 'ALL_TRAFFIC',
      network_interfaces: [
        {
          network: reference('google_compute_network.network.id'),
          subnetwork: reference('google_compute_subnetwork.network_gateway.id'),
        },
      ],
    });
  });

  test('starts when it reaches the router', () => {
    expect(container?.startup_probe).toMatchObject({ http_get: { path: '/ready/router', port: 8081 } });
  });

  test('runs one image by digest, its CPU never taken away from streams', () => {
    expect(container?.image).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(container?.resources).toMatchObject({ cpu_idle: false });
  });
});

test('secrets are files by reference, read by this identity and no other', () => {
  expect(template.volumes).toEqual(
    ['api-keys', 'hop-key'].map((name) => ({
      name,
      secret: {
        secret: `fleet-prod-${name}`,
        items: [{ path: 'value', version: 'latest', mode: 0o400 }],
      },
    })),
  );
  const readers = [...prod.resources.entries()].filter(
    ([address, { secret_id: id }]) =>
      address.startsWith('google_secret_manager_secret_iam_member.') && id === 'fleet-prod-api-keys',
  );
  expect(readers.map(([, { member }]) => member)).toEqual([
    reference('google_service_account.access_gateway.member'),
  ]);
  const [variable] = (container?.env ?? []) as { value: string }[];
  expect(JSON.parse(variable?.value ?? '')).toMatchObject({
    role: 'edge',
    keys: { file: '/run/fleet/secrets/api-keys/value' },
  });
});

test('routers let in the range of its subnet, since Cloud Run has no identity in the network', () => {
  expect(prod.resources.get('google_compute_firewall.gateway_reaches-router')).toMatchObject({
    direction: 'INGRESS',
    allow: [{ protocol: 'tcp', ports: ['8090'] }],
    source_ranges: ['10.64.18.0/24'],
    target_service_accounts: [reference('google_service_account.access_router.email')],
  });
});

describe('the way in', () => {
  const addressesOf = (stack: typeof prod) =>
    [...stack.resources.keys()].filter((address) => address.includes('.gateway_entrance_'));

  test('is only there for a public gateway', () => {
    expect(addressesOf(internal)).toEqual([]);
    expect(addressesOf(prod).length).toBeGreaterThan(0);
  });

  test('is HTTPS by TLS 1.2 and later; HTTP leads there', () => {
    expect(prod.resources.get('google_compute_ssl_policy.gateway_entrance_tls')).toMatchObject({
      profile: 'RESTRICTED',
      min_tls_version: 'TLS_1_2',
    });
    expect(prod.resources.get('google_compute_url_map.gateway_entrance_redirect')).toMatchObject({
      default_url_redirect: { https_redirect: true },
    });
  });

  test('has the rules that the environment names before it', () => {
    const guarded = synthProd((text) =>
      text.replace('  domain: llm', '  firewall: edge-rules\n  domain: llm'),
    );
    expect(difference(prod, guarded)).toEqual(['google_compute_backend_service.gateway_entrance_backend']);
  });

  test('of another domain makes another certificate before the old one goes', () => {
    const moved = synthProd((text) => text.replace('llm.example.com', 'api.example.com'));
    const certificate = 'google_compute_managed_ssl_certificate.gateway_entrance_certificate';
    expect(moved.resources.get(certificate)?.name).not.toBe(prod.resources.get(certificate)?.name);
    expect(moved.resources.get(certificate)?.lifecycle).toEqual({ create_before_destroy: true });
  });
});
