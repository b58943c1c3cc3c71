import { stringify } from 'yaml';
import type { Environment } from '../contracts/environment.ts';
import { machineLabel } from '../contracts/machine-label.ts';
import { releasesOf, serversOf } from '../contracts/release.ts';
import { type Document, textDocument } from './document.ts';
import { needsEgress } from './gateway.ts';
import { EXPORTER_PORTS, MACHINE_LABELS, type Topology } from './topology.ts';

/** Lies beside prometheus.yml. */
export const RULES_FILE = 'rules.yml';

/** prometheus.yml. Scrapes the text format 0.0.4, which 2.42 and 3.x read alike. */
export function prometheusDocument(environment: Environment, topology: Topology): Document {
  const { reach, listen } = topology;
  const config = {
    global: {
      scrape_interval: environment.prometheus.scrapeInterval,
      evaluation_interval: '15s',
      external_labels: { environment: environment.name },
    },
    rule_files: [RULES_FILE],
    scrape_configs: [
      fixedJob('gateway', reach.gatewayAdmin),
      fixedJob('router', reach.routerAgent),
      ...(needsEgress(environment) ? [fixedJob('egress', reach.egressAdmin)] : []),
      ...serverJobs(environment, topology),
      ...exporterJobs(environment, topology),
      // It scrapes itself from inside, also where it listens on all addresses.
      fixedJob('prometheus', listen.prometheus.replace('0.0.0.0', '127.0.0.1')),
    ],
  };
  return textDocument(stringify(config, { lineWidth: 0 }));
}

function fixedJob(job: string, target: string) {
  return { job_name: job, static_configs: [{ targets: [target] }] };
}

function serverJobs(environment: Environment, topology: Topology) {
  const { discovery } = topology;
  if (discovery.kind === 'static')
    return [{ job_name: 'vllm', static_configs: staticTargets(environment, discovery) }];
  const ports = releasesOf(environment).flatMap((release) =>
    serversOf(release, false).map(({ port }) => port),
  );
  return [...new Set(ports)].map((port) => discoveredJob(`vllm-${port}`, port, environment, discovery));
}

/** Machine and GPU metrics; only machines that are found by their labels run the exporters. */
function exporterJobs(environment: Environment, { discovery }: Topology) {
  if (discovery.kind === 'static') return [];
  return [
    discoveredJob('node-exporter', EXPORTER_PORTS['node-exporter'], environment, discovery),
    discoveredJob('dcgm', EXPORTER_PORTS['dcgm-exporter'], environment, discovery),
  ];
}

function discoveredJob(
  job: string,
  port: number,
  environment: Environment,
  discovery: Exclude<Topology['discovery'], { kind: 'static' }>,
) {
  switch (discovery.kind) {
    case 'gce':
      return {
        job_name: job,
        gce_sd_configs: discovery.zones.map((zone) => ({
          project: discovery.project,
          zone,
          port,
          filter: `labels.${MACHINE_LABELS.environment}=${machineLabel(environment.name)}`,
        })),
        relabel_configs: [
          ...relabel((label) => `__meta_gce_label_${label}`, '__meta_gce_instance_name'),
          ...withDots(environment),
        ],
      };
    case 'ec2':
      return {
        job_name: job,
        ec2_sd_configs: [
          {
            region: discovery.region,
            port,
            filters: [{ name: `tag:${MACHINE_LABELS.environment}`, values: [environment.name] }],
          },
        ],
        relabel_configs: relabel((label) => `__meta_ec2_tag_${label}`, '__meta_ec2_instance_id'),
      };
  }
}

function staticTargets(
  environment: Environment,
  discovery: Extract<Topology['discovery'], { kind: 'static' }>,
) {
  return releasesOf(environment).flatMap((release) =>
    serversOf(release, true).map((server) => {
      const { address, port } = discovery.address(server);
      return {
        targets: [`${address}:${port}`],
        labels: { model: release.model, release: release.name, node: String(server.node) },
      };
    }),
  );
}

/** Prometheus turns what is no letter, digit or underscore in a label's name into an underscore. */
function relabel(meta: (label: string) => string, node: string) {
  const from = (label: string) => meta(label.replaceAll('-', '_'));
  return [
    { source_labels: [from(MACHINE_LABELS.model)], target_label: 'model' },
    { source_labels: [from(MACHINE_LABELS.release)], target_label: 'release' },
    { source_labels: [node], target_label: 'node' },
    { source_labels: ['model', 'release'], regex: '.+;.+', action: 'keep' },
  ];
}

/** Google's labels have no dots; names may. */
function withDots(environment: Environment) {
  const names = (['model', 'name'] as const).flatMap((key) =>
    [...new Set(releasesOf(environment).map((release) => release[key]))]
      .filter((name) => name.includes('.'))
      .map((name) => ({ label: key === 'model' ? 'model' : 'release', name })),
  );
  return names.map(({ label, name }) => ({
    source_labels: [label],
    regex: machineLabel(name),
    target_label: label,
    replacement: name,
  }));
}
