import { type CloudSection, cloudSection } from '../contracts/cloud-section.ts';
import { documentsBucket } from '../contracts/document-objects.ts';
import { engineSource } from '../contracts/engine-packages.ts';
import type { Environment } from '../contracts/environment.ts';
import { observabilitySecrets } from '../contracts/observability-rules.ts';
import { monitoringLogGroup } from './aws-names.ts';
import type { Document } from './document.ts';
import { fetchDocument, fetchFacts } from './fetch-facts.ts';
import { GRAFANA_SETTINGS } from './grafana.ts';
import {
  cloudConfig,
  ETC,
  environmentFile,
  file,
  LIB,
  type MachineFile,
  program,
  UNITS,
} from './machine-files.ts';
import type { MonitoringTemplate } from './monitoring-templates.ts';
import { NODE_EXPORTER } from './node-facts.ts';
import { ALERTMANAGER_IMAGE, GRAFANA_IMAGE, PROMETHEUS_IMAGE } from './observability-images.ts';
import { RULES_FILE } from './prometheus.ts';
import { render } from './render.ts';
import { routerImage, storedName } from './router-machine-facts.ts';
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

/** What Terraform calls a document's object: `dashboards_fleet-cost`. */
export function documentId(path: string): string {
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
export function monitoringFiles(props: MonitoringBootProps): MachineFile[] {
  const { environment, topology, templates, documents } = props;
  const cloud = cloudSection(environment);
  if (cloud === undefined) throw new Error(`${environment.name} is on no cloud`);
  const template = templates.monitoring;
  const parts = Object.keys(documents) as Part[];
  const lines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join('');
  const image = routerImage(cloud);
  const fetch = engineSource(cloud, image) === 'image' ? undefined : fetchFacts(cloud, image, {});
  return [
    file(`${ETC}/node.env`, environmentFile(facts(environment, cloud))),
    file(`${ETC}/inputs`, lines(inputs(environment, documents))),
    ...(fetch === undefined ? [] : [file(`${ETC}/fetch.json`, fetchDocument(fetch))]),
    ...parts.map((part) => file(`${ETC}/${part}.args`, lines(commandOf(part, environment, topology)))),
    file(`${LIB}/lib.sh`, template.lib),
    program('engine.sh', template.engine),
    program('install.sh', template.install),
    ...(fetch === undefined ? [] : [file(`${LIB}/fetch.py`, template.fetchProgram)]),
    program('image.sh', template.image),
    program('inputs.sh', template.inputs),
    program('refresh.sh', template.refresh),
    program('disk.sh', template.disk),
    program('part.sh', template.part),
    program('failed.sh', template.failed),
    program('logs.sh', template.logs),
    ...units(template, parts, environment),
  ];
}

function units(
  template: MonitoringTemplate,
  parts: readonly Part[],
  { name, images }: Environment,
): MachineFile[] {
  const unit = (one: string, text: string) => file(`${UNITS}/fleet-${one}.service`, text);
  const wants = [...parts, 'refresh', 'logs', 'node-exporter'].map((one) => `fleet-${one}.service`);
  const published = {
    prometheus: PROMETHEUS_IMAGE,
    alertmanager: ALERTMANAGER_IMAGE,
    grafana: GRAFANA_IMAGE,
  } as const;
  return [
    file(`${UNITS}/fleet.target`, render(template.target, { environment: name, wants: wants.join(' ') })),
    unit('engine', template.engineUnit),
    unit('image', template.imageUnit),
    unit('inputs', template.inputsUnit),
    unit('refresh', template.refreshUnit),
    unit('disk', template.diskUnit),
    ...parts.map((part) =>
      unit(
        part,
        render(template.partUnit, { part, user: USERS[part], image: images[part] ?? published[part] }),
      ),
    ),
    unit('failed@', template.failedUnit),
    unit('logs', template.logsUnit),
    unit('node-exporter', template.nodeExporterUnit),
  ];
}

function facts({ name, images }: Environment, cloud: CloudSection): Record<string, string> {
  return {
    FLEET_PLATFORM: cloud.platform,
    FLEET_ENVIRONMENT: name,
    FLEET_REGION: cloud.region,
    ...(cloud.platform === 'google' ? { FLEET_PROJECT: cloud.project } : {}),
    FLEET_BUCKET: documentsBucket(name, cloud),
    FLEET_IMAGE: images.prometheus ?? PROMETHEUS_IMAGE,
    FLEET_NODE_EXPORTER_IMAGE: images.nodeExporter ?? NODE_EXPORTER,
    FLEET_NAMELESS_USERS: `${USERS.alertmanager} ${USERS.grafana}`,
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
        ...['prometheus', `--config.file=${MOUNT}/prometheus.yml`, `--storage.tsdb.path=${DATA}`],
        `--storage.tsdb.retention.time=${prometheus.retention}`,
        // A full disk would end all metrics; the oldest go before that.
        `--storage.tsdb.retention.size=${Math.floor(prometheus.diskGiB * SHARE_OF_DISK)}GB`,
        ...[`--web.listen-address=${listen.prometheus}`, '--web.enable-remote-write-receiver'],
      ];
    case 'alertmanager':
      return [
        ...['alertmanager', `--config.file=${MOUNT}/alertmanager.yml`, `--storage.path=${DATA}`],
        ...[`--web.listen-address=${listen.alertmanager}`, '--cluster.listen-address='],
      ];
    case 'grafana':
      return [
        'grafana',
        'server',
        '--homepath',
        '/usr/share/grafana',
        '--config',
        `${MOUNT}/${GRAFANA_SETTINGS}`,
      ];
  }
}
