import { stringify } from 'yaml';
import type { Environment } from '../contracts/environment.ts';
import { machineLabel } from '../contracts/machine-label.ts';
import { NODE_HEALTH_PORT } from '../contracts/node-health.ts';
import { releasesOf, serversOf } from '../contracts/release.ts';
import { type Document, textDocument } from './document.ts';
import { needsEgress } from './gateway.ts';
import { EXPORTER_PORTS, MACHINE_LABELS, type Topology } from './topology.ts';

/** Lies beside prometheus.yml. */
export const RULES_FILE = 'rules.yml';
/**
 * How late metrics may come: those of a gateway whose sidecar has kept them, and all of them where a clock was ahead, by a zone of
 * the earth perhaps. Without it nothing is taken until the time of the newest sample has come.
 */
const LATEST = '1d';

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
    ...(environment.alertmanager === undefined
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [reach.alertmanager] }] }] } }),
    storage: { tsdb: { out_of_order_time_window: LATEST } },
    ...remoteWrite(environment, topology),
    scrape_configs: [
      ...(receivesMetrics(topology) ? [] : [fixedJob('gateway', reach.gatewayAdmin)]),
      ...(reach.reviewerAdmin === undefined ? [] : [fixedJob('reviewer', reach.reviewerAdmin)]),
      ...routerJobs(environment, topology),
      ...serverJobs(environment, topology),
      ...exporterJobs(environment, topology),
      ...(environment.alertmanager === undefined ? [] : [fixedJob('alertmanager', reach.alertmanager)]),
      ...(environment.grafana === undefined ? [] : [fixedJob('grafana', reach.grafana)]),
      // It scrapes itself from inside, also where it listens on all addresses.
      fixedJob('prometheus', listen.prometheus.replace('0.0.0.0', '127.0.0.1')),
    ],
  };
  return textDocument(stringify(config, { lineWidth: 0 }));
}

/** Where gateways come and go as the platform likes, a sidecar of each sends its metrics: nobody can find them in time. */
export function receivesMetrics({ discovery }: Pick<Topology, 'discovery'>): boolean {
  return discovery.kind !== 'static';
}

function remoteWrite(environment: Environment, topology: Topology) {
  const file = (name: string) => {
    const source = topology.secret(name, 'prometheus');
    if (!('file' in source)) throw new Error(`Prometheus cannot read secret ${name} from a variable`);
    return source.file;
  };
  const targets = environment.prometheus.remoteWrite.map(
    ({ url, bearer, basic, sigv4, google, metrics }) => ({
      url,
      ...(bearer === undefined ? {} : { authorization: { credentials_file: file(bearer) } }),
      ...(basic === undefined
        ? {}
        : { basic_auth: { username: basic.user, password_file: file(basic.password) } }),
      ...(sigv4 === undefined
        ? {}
        : { sigv4: { region: sigv4.region, ...(sigv4.role === undefined ? {} : { role_arn: sigv4.role }) } }),
      ...(google === undefined ? {} : { google_iam: {} }),
      ...(metrics === undefined
        ? {}
        : { write_relabel_configs: [{ source_labels: ['__name__'], regex: metrics, action: 'keep' }] }),
    }),
  );
  return targets.length === 0 ? {} : { remote_write: targets };
}

/** Where routers are machines of a cloud, each is found: behind one name only one of them would be seen. */
function routerJobs(environment: Environment, { reach, discovery }: Topology) {
  const egress = needsEgress(environment);
  if (discovery.kind === 'static')
    return [
      fixedJob('router', reach.routerAgent),
      ...(egress ? [fixedJob('egress', reach.egressAdmin)] : []),
    ];
  const { agentPort } = environment.router;
  return [
    discoveredJob('router', agentPort, environment, discovery, ROUTERS),
    ...(egress
      ? [discoveredJob('egress', environment.egress.adminPort, environment, discovery, ROUTERS)]
      : []),
  ];
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

/**
 * Machine and GPU metrics; only machines that are found by their labels run the exporters. A node says itself how far it
 * has come: where its boot ends before any container runs, it has no exporter.
 */
function exporterJobs(environment: Environment, { discovery }: Topology) {
  if (discovery.kind === 'static') return [];
  return [
    discoveredJob('node', NODE_HEALTH_PORT, environment, discovery),
    discoveredJob('node-exporter', EXPORTER_PORTS['node-exporter'], environment, discovery, EVERY_MACHINE),
    discoveredJob('dcgm', EXPORTER_PORTS['dcgm-exporter'], environment, discovery),
  ];
}

function discoveredJob(
  job: string,
  port: number,
  environment: Environment,
  discovery: Exclude<Topology['discovery'], { kind: 'static' }>,
  machines: Machines = NODES,
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
          ...relabel((label) => `__meta_gce_label_${label}`, '__meta_gce_instance_name', machines),
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
        relabel_configs: relabel((label) => `__meta_ec2_tag_${label}`, '__meta_ec2_instance_id', machines),
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

/** Labels of the environment's machines that targets get, and which machines a job reads. */
interface Machines {
  readonly labels: readonly ('model' | 'release' | 'part')[];
  /** What the labels, joined by `;`, must match. @default - every machine is read */
  readonly match?: string;
}

const NODES: Machines = { labels: ['model', 'release'], match: '.+;.+' };
const ROUTERS: Machines = { labels: ['part'], match: 'router' };
const EVERY_MACHINE: Machines = { labels: ['model', 'release', 'part'] };

/** Prometheus turns what is no letter, digit or underscore in a label's name into an underscore. */
function relabel(meta: (label: string) => string, node: string, { labels, match }: Machines) {
  const from = (label: string) => meta(label.replaceAll('-', '_'));
  return [
    ...labels.map((label) => ({ source_labels: [from(MACHINE_LABELS[label])], target_label: label })),
    { source_labels: [node], target_label: 'node' },
    ...(match === undefined ? [] : [{ source_labels: [...labels], regex: match, action: 'keep' }]),
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
