import { type CloudSection, cloudSection } from '../contracts/cloud-section.ts';
import { engineSource } from '../contracts/engine-packages.ts';
import type { Environment } from '../contracts/environment.ts';
import { observabilitySecrets } from '../contracts/observability-rules.ts';
import { monitoringLogGroup } from './aws-names.ts';
import type { Document } from './document.ts';
import { fetchFacts } from './fetch-facts.ts';
import { GRAFANA_SETTINGS } from './grafana.ts';
import { cloudConfig, ETC, file, type MachineFile, program } from './machine-files.ts';
import type { MonitoringTemplate } from './monitoring-templates.ts';
import { EXPORTER_USER, NODE_EXPORTER } from './node-facts.ts';
import { alertmanagerCommand, grafanaCommand, prometheusCommand } from './observability-commands.ts';
import { ALERTMANAGER_IMAGE, GRAFANA_IMAGE, PROMETHEUS_IMAGE } from './observability-images.ts';
import { RULES_FILE } from './prometheus.ts';
import { render } from './render.ts';
import { storedName } from './router-inputs.ts';
import { routerImage } from './router-machine-facts.ts';
import {
  placeFacts,
  serviceFacts,
  serviceSteps,
  serviceUnit,
  serviceUnits,
  textOfLines,
} from './service-machine.ts';
import type { Templates } from './templates.ts';
import type { Topology } from './topology.ts';

/** What Prometheus, Alertmanager and Grafana read, by part and path below its folder. Keys of the bucket are `<part>/<path>`. */
export type MonitoringDocuments = Readonly<Record<string, Readonly<Record<string, Document>>>>;

export interface MonitoringBootProps {
  readonly environment: Environment;
  readonly topology: Topology;
  readonly templates: Templates;
  readonly documents: MonitoringDocuments;
}

const PATIENCE = { engine: 300, pull: 900, inputs: 900, disk: 600 } as const;
const REFRESH_SECONDS = 60;
const MOUNT = '/run/fleet/secrets';
const DATA = '/data';
const USERS = { prometheus: '10003', alertmanager: '10004', grafana: '10005' } as const;
/** Of the disk: compaction needs room, and Alertmanager and Grafana have a little. */
const SHARE_OF_DISK = 0.8;

type Part = keyof typeof USERS;

const PUBLISHED: Readonly<Record<Part, string>> = {
  prometheus: PROMETHEUS_IMAGE,
  alertmanager: ALERTMANAGER_IMAGE,
  grafana: GRAFANA_IMAGE,
};

/** The documents of an environment's monitoring, as the machine keeps them. */
export function monitoringDocuments(documents: {
  readonly prometheus: Document;
  readonly rules: Document;
  readonly alertmanager?: Document;
  readonly grafana?: Readonly<Record<string, Document>>;
}): MonitoringDocuments {
  const { prometheus, rules, alertmanager, grafana } = documents;
  return {
    prometheus: { 'prometheus.yml': prometheus, [RULES_FILE]: rules },
    ...(alertmanager === undefined ? {} : { alertmanager: { 'alertmanager.yml': alertmanager } }),
    ...(grafana === undefined ? {} : { grafana }),
  };
}

/** A document as an object of the bucket: Terraform's name of it, and the key. */
export interface MonitoringObject {
  readonly id: string;
  readonly key: string;
  readonly document: Document;
}

export function monitoringObjects(documents: MonitoringDocuments): MonitoringObject[] {
  return Object.entries(documents).flatMap(([part, files]) =>
    Object.entries(files).map(([path, document]) => ({
      id: part === 'prometheus' ? (PROMETHEUS_IDS[path] ?? part) : `${part}_${nameOf(path)}`,
      key: `${part}/${path}`,
      document,
    })),
  );
}

const PROMETHEUS_IDS: Readonly<Record<string, string>> = { [RULES_FILE]: 'prometheus_rules' };

/** `provisioning/dashboards/fleet-cost.json` is `dashboards_fleet-cost`. */
function nameOf(path: string): string {
  return path
    .replace(/^provisioning\//, '')
    .replace(/\.\w+$/, '')
    .replaceAll('/', '_');
}

/**
 * The cloud-config of the one machine that watches an environment. It names documents and secrets and holds neither, so a
 * changed rule, route or dashboard replaces nothing.
 */
export function monitoringUserData(props: MonitoringBootProps): Document {
  const { environment, templates } = props;
  return cloudConfig(templates.monitoring, monitoringFiles(props), {
    environment: environment.name,
    platform: environment.platform,
  });
}

/** Everything that the cloud-config writes: facts, steps, units. */
export function monitoringFiles({
  environment,
  topology,
  templates,
  documents,
}: MonitoringBootProps): MachineFile[] {
  const cloud = cloudSection(environment);
  if (cloud === undefined) throw new Error(`${environment.name} is on no cloud`);
  const { monitoring } = templates;
  const parts = Object.keys(documents) as Part[];
  const image = routerImage(cloud);
  const machine = {
    environment: facts(environment, cloud),
    inputs: inputs(environment, documents),
    ...(engineSource(cloud, image) === 'image' ? {} : { fetch: fetchFacts(cloud, image, {}) }),
  };
  return [
    ...serviceFacts(machine),
    ...parts.map((part) => file(`${ETC}/${part}.args`, textOfLines(commandOf(part, environment, topology)))),
    ...serviceSteps(monitoring, machine, [
      program('disk.sh', monitoring.disk),
      program('part.sh', monitoring.part),
    ]),
    ...serviceUnits(
      monitoring,
      { environment: environment.name, started: [...parts, 'refresh', 'logs', 'node-exporter'] },
      [
        serviceUnit('disk', monitoring.diskUnit),
        ...parts.map((part) => serviceUnit(part, partUnit(monitoring, part, environment))),
      ],
    ),
  ];
}

function partUnit({ partUnit: unit }: MonitoringTemplate, part: Part, { images }: Environment): string {
  return render(unit, { part, user: USERS[part], image: images[part] ?? PUBLISHED[part] });
}

function facts({ name, images }: Environment, cloud: CloudSection): Record<string, string> {
  return {
    ...placeFacts(name, cloud),
    FLEET_IMAGE: images.prometheus ?? PROMETHEUS_IMAGE,
    FLEET_NODE_EXPORTER_IMAGE: images.nodeExporter ?? NODE_EXPORTER,
    FLEET_NAMELESS_USERS: [USERS.alertmanager, USERS.grafana, EXPORTER_USER].join(' '),
    FLEET_ENGINE_SOURCE: engineSource(cloud, routerImage(cloud)),
    FLEET_ENGINE_SECONDS: String(PATIENCE.engine),
    FLEET_PULL_SECONDS: String(PATIENCE.pull),
    FLEET_INPUT_SECONDS: String(PATIENCE.inputs),
    FLEET_DISK_SECONDS: String(PATIENCE.disk),
    FLEET_REFRESH_SECONDS: String(REFRESH_SECONDS),
    ...(cloud.platform === 'aws' ? { FLEET_LOG_GROUP: monitoringLogGroup(name) } : {}),
  };
}

/** Lines of `/etc/fleet/inputs`: kind, name, path, user. */
function inputs(environment: Environment, documents: MonitoringDocuments): string[] {
  const secrets = observabilitySecrets(environment);
  return (Object.keys(documents) as Part[]).flatMap((part) => [
    ...Object.keys(documents[part] ?? {}).map(
      (path) => `document ${part}/${path} inputs/${part}/${path} ${USERS[part]}`,
    ),
    ...secrets[part].map(
      (name) => `secret ${storedName(environment, name)} inputs/${part}/${name} ${USERS[part]}`,
    ),
  ]);
}

function commandOf(part: Part, { prometheus }: Environment, { listen }: Topology): string[] {
  switch (part) {
    case 'prometheus':
      return [
        ...prometheusCommand({
          config: `${MOUNT}/prometheus.yml`,
          data: DATA,
          listen: listen.prometheus,
          retention: prometheus.retention,
          // A full disk would end all metrics; the oldest go before that.
          retentionGB: Math.floor(prometheus.diskGiB * SHARE_OF_DISK),
        }),
        '--web.enable-remote-write-receiver',
      ];
    case 'alertmanager':
      return alertmanagerCommand({
        config: `${MOUNT}/alertmanager.yml`,
        data: DATA,
        listen: listen.alertmanager,
      });
    case 'grafana':
      return grafanaCommand({ config: `${MOUNT}/${GRAFANA_SETTINGS}` });
  }
}
