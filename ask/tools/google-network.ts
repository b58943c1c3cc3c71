import { CIDR, existingPath, GOOGLE_NAME, GOOGLE_REGION, PORTS } from '../formats.ts';
import type { ReferenceRule, Tool } from '../tool.ts';

const NETWORK: ReferenceRule = {
  to: [{ type: 'google_compute_network', attribute: 'id' }],
  existing: existingPath('global/networks'),
};

export const googleNetwork: Tool = {
  name: 'create_google_network',
  provider: 'google',
  description:
    'A VPC network of Google Cloud, without subnetworks: create those too where the request needs them.',
  named: 'name',
  arguments: {
    name: {
      from: 'google_compute_network.name',
      required: true,
      format: GOOGLE_NAME,
      description: 'Name of the network.',
    },
  },
  resources: [
    {
      type: 'google_compute_network',
      why: 'The network.',
      body: {
        name: { argument: 'name' },
        auto_create_subnetworks: { fixed: false, why: 'Only the subnetworks that somebody planned.' },
        routing_mode: { fixed: 'REGIONAL' },
      },
    },
  ],
};

export const googleSubnetwork: Tool = {
  name: 'create_google_subnetwork',
  provider: 'google',
  description: 'A subnetwork of a VPC network of Google Cloud, with flow logs and private access to Google.',
  named: 'name',
  arguments: {
    name: {
      from: 'google_compute_subnetwork.name',
      required: true,
      format: GOOGLE_NAME,
      description: 'Name of the subnetwork.',
    },
    network: {
      from: 'google_compute_subnetwork.network',
      required: true,
      refersTo: NETWORK,
      description: 'Its network.',
    },
    ip_cidr_range: {
      from: 'google_compute_subnetwork.ip_cidr_range',
      required: true,
      format: CIDR,
      description: 'Its range of addresses.',
    },
    region: {
      from: 'google_compute_subnetwork.region',
      required: true,
      format: GOOGLE_REGION,
      description: 'Its region.',
    },
  },
  resources: [
    {
      type: 'google_compute_subnetwork',
      why: 'The subnetwork.',
      body: {
        name: { argument: 'name' },
        network: { argument: 'network' },
        ip_cidr_range: { argument: 'ip_cidr_range' },
        region: { argument: 'region' },
        private_ip_google_access: {
          fixed: true,
          why: 'Machines without a public address reach Google’s APIs.',
        },
        log_config: {
          block: {
            aggregation_interval: { fixed: 'INTERVAL_5_MIN' },
            flow_sampling: { fixed: 0.5, why: 'Who talked to whom can be looked up afterwards.' },
          },
        },
      },
    },
  ],
};

export const googleFirewall: Tool = {
  name: 'create_google_firewall',
  provider: 'google',
  description: 'A firewall rule of a VPC network of Google Cloud that lets something in.',
  named: 'name',
  arguments: {
    name: {
      from: 'google_compute_firewall.name',
      required: true,
      format: GOOGLE_NAME,
      description: 'Name of the rule.',
    },
    network: {
      from: 'google_compute_firewall.network',
      required: true,
      refersTo: NETWORK,
      description: 'Its network.',
    },
    source_ranges: {
      from: 'google_compute_firewall.source_ranges',
      required: true,
      format: CIDR,
      least: 1,
      description: 'Addresses that may come in. For SSH use 35.235.240.0/20, the identity-aware proxy.',
    },
    protocol: {
      from: 'google_compute_firewall.allow.protocol',
      choices: ['tcp', 'udp'],
      default: 'tcp',
      description: 'Protocol.',
      why: 'The usual one.',
    },
    ports: {
      from: 'google_compute_firewall.allow.ports',
      required: true,
      format: PORTS,
      least: 1,
      description: 'Ports or ranges of ports, as texts.',
    },
    target_tags: {
      from: 'google_compute_firewall.target_tags',
      format: GOOGLE_NAME,
      description: 'Network tags of the machines that it is for; leave out for all.',
    },
  },
  resources: [
    {
      type: 'google_compute_firewall',
      why: 'The rule.',
      body: {
        name: { argument: 'name' },
        network: { argument: 'network' },
        direction: { fixed: 'INGRESS' },
        source_ranges: { argument: 'source_ranges' },
        target_tags: { argument: 'target_tags' },
        allow: { block: { protocol: { argument: 'protocol' }, ports: { argument: 'ports' } } },
        log_config: {
          block: {
            metadata: { fixed: 'EXCLUDE_ALL_METADATA', why: 'Connections that it lets in are logged.' },
          },
        },
      },
    },
  ],
};
