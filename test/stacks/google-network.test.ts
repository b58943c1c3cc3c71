import { describe, expect, test } from 'vitest';
import { PROD_EDITS, synthProd } from '../support/prod.ts';
import type { Attributes } from '../support/synth.ts';

const prod = synthProd();
const all = (type: string, stack = prod): [string, Attributes][] =>
  [...stack.resources].filter(([address]) => address.startsWith(`${type}.`));
const rules = all('google_compute_firewall');
const account = (name: string) => `\${google_service_account.access_${name}.email}`;
const ingress = rules.filter(([, { direction, allow }]) => direction === 'INGRESS' && allow !== undefined);

describe('the network', () => {
  test('has no subnet that nobody cut', () => {
    expect(prod.resources.get('google_compute_network.network')).toMatchObject({
      auto_create_subnetworks: false,
    });
    const ranges = all('google_compute_subnetwork').map(([, { ip_cidr_range: range }]) => range);
    expect(new Set(ranges).size).toBe(6);
  });

  test('logs the flows of every subnet that has machines, and reaches Google privately', () => {
    const machines = all('google_compute_subnetwork').filter(([, { purpose }]) => purpose === undefined);
    expect(machines).toHaveLength(5);
    for (const [address, subnet] of machines) {
      expect(subnet, address).toMatchObject({
        private_ip_google_access: true,
        log_config: { metadata: 'INCLUDE_ALL_METADATA' },
      });
    }
  });

  test('lets routers, monitoring and the reviewer out, and nodes only where the environment says so', () => {
    const nat = (stack = prod) => {
      const { subnetwork } = stack.resources.get('google_compute_router_nat.network_nat') ?? {};
      return (subnetwork as { name: string }[]).map(({ name }) => name);
    };
    expect(nat()).toEqual([
      `\${google_compute_subnetwork.network_routers.id}`,
      `\${google_compute_subnetwork.network_monitoring.id}`,
      `\${google_compute_subnetwork.network_reviewer.id}`,
    ]);
    expect(nat(synthProd(PROD_EDITS.nodesReachInternet))).toEqual([
      `\${google_compute_subnetwork.network_routers.id}`,
      `\${google_compute_subnetwork.network_monitoring.id}`,
      `\${google_compute_subnetwork.network_nodes.id}`,
      `\${google_compute_subnetwork.network_reviewer.id}`,
    ]);
  });

  test('leads Google’s names to addresses that need no internet', () => {
    const records = all('google_dns_record_set').map(([, { name, rrdatas }]) => [name, rrdatas]);
    const addresses = ['199.36.153.8', '199.36.153.9', '199.36.153.10', '199.36.153.11'];
    expect(Object.fromEntries(records)).toEqual({
      'googleapis.com.': addresses,
      '*.googleapis.com.': addresses,
      'pkg.dev.': addresses,
      '*.pkg.dev.': addresses,
      'router.${google_dns_managed_zone.network_names.dns_name}': [
        `\${google_compute_forwarding_rule.router_balancer.ip_address}`,
      ],
      'prometheus.${google_dns_managed_zone.network_names.dns_name}': [
        `\${google_compute_address.monitoring_address.address}`,
      ],
    });
  });

  test('has a private zone for the names that documents use', () => {
    expect(prod.resources.get('google_dns_managed_zone.network_names')).toMatchObject({
      dns_name: 'prod.fleet.internal.',
      visibility: 'private',
    });
    expect(JSON.stringify(prod.resources.get('google_cloud_run_v2_service.gateway'))).toContain(
      'router.prod.fleet.internal',
    );
  });
});

/** Health checks, and Identity-Aware Proxy. */
const GOOGLE_RANGES = ['35.191.0.0/16', '130.211.0.0/22', '35.235.240.0/20'];
/** Of the subnets that Cloud Run sends from: the gateway's and the reviewer's. */
const CLOUD_RUN_RANGES = ['10.64.18.0/24', '10.64.22.0/24'];

describe('who reaches what', () => {
  test('nothing is open to the internet', () => {
    const sources = ingress.flatMap(
      ([, { source_ranges: ranges }]) => (ranges as string[] | undefined) ?? [],
    );
    expect(new Set(sources)).toEqual(new Set([...GOOGLE_RANGES, ...CLOUD_RUN_RANGES]));
  });

  test('every rule says whom it is for by service account', () => {
    for (const [
      address,
      { target_service_accounts: targets, target_tags: tags, source_tags: from },
    ] of ingress) {
      expect(JSON.stringify(targets), address).toMatch(
        /google_service_account\.access_(nodes|router|prometheus)\./,
      );
      expect([tags, from], address).toEqual([undefined, undefined]);
    }
  });

  test('vLLM is reached by routers and Prometheus alone', () => {
    const servers = ingress.filter(([address]) => address.includes('nodes_gpt-oss'));
    expect(servers).toHaveLength(3);
    for (const [address, rule] of servers)
      expect(rule, address).toMatchObject({
        allow: [{ protocol: 'tcp', ports: ['8000'] }],
        source_service_accounts: [account('router'), account('prometheus')],
      });
  });

  test('exporters are reached by Prometheus alone', () => {
    expect(prod.resources.get('google_compute_firewall.access_exporters')).toMatchObject({
      allow: [{ protocol: 'tcp', ports: ['9100', '9400'] }],
      source_service_accounts: [account('prometheus')],
    });
  });

  test('SSH comes through Identity-Aware Proxy alone', () => {
    const ssh = ingress.filter(([, { allow }]) => JSON.stringify(allow).includes('"22"'));
    expect(ssh.map(([, { source_ranges: ranges }]) => ranges)).toEqual([['35.235.240.0/20']]);
  });

  test('the rest is denied and logged', () => {
    for (const name of ['deny-ingress', 'deny-node-egress'])
      expect(prod.resources.get(`google_compute_firewall.access_${name}`)).toMatchObject({
        deny: [{ protocol: 'all' }],
        priority: 65_534,
        log_config: { metadata: 'INCLUDE_ALL_METADATA' },
      });
  });

  test('nodes call Google’s APIs and nothing else, unless they may reach the internet', () => {
    const egress = (stack = prod) => stack.resources.get('google_compute_firewall.access_node-egress');
    expect(egress()).toMatchObject({
      allow: [{ protocol: 'tcp', ports: ['443'] }],
      destination_ranges: ['199.36.153.8/30'],
    });
    expect(egress(synthProd(PROD_EDITS.nodesReachInternet))).toMatchObject({
      allow: [{ protocol: 'tcp', ports: ['80', '443'] }],
      destination_ranges: ['0.0.0.0/0'],
    });
  });
});
