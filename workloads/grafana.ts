import type { Environment } from '../contracts/environment.ts';
import type { Document } from './document.ts';
import { textDocument } from './document.ts';
import { render } from './render.ts';
import type { Topology } from './topology.ts';

/** Files below `templates/` that set Grafana up. */
export const GRAFANA_TEMPLATES = {
  settings: 'grafana/grafana.ini',
  prometheus: 'grafana/prometheus.yml',
  alertmanager: 'grafana/alertmanager.yml',
  dashboards: 'grafana/dashboards.yml',
} as const;

/** The texts of the files that `GRAFANA_TEMPLATES` names. */
export type GrafanaTemplate = Readonly<Record<keyof typeof GRAFANA_TEMPLATES, string>>;

/** A dashboard as Grafana reads it, from a file of its own. */
export interface Dashboard {
  readonly uid: string;
  readonly document: Document;
}

export const GRAFANA_SETTINGS = 'grafana.ini';
const PROVISIONING = 'provisioning';
const DASHBOARDS = 'dashboards';
const HOME = 'fleet-cost';

/** What Grafana reads, by path below its folder. Undefined where the environment has none. */
export function grafanaDocuments(
  environment: Environment,
  { listen, reach, grafana: place }: Topology,
  template: GrafanaTemplate,
  dashboards: readonly Dashboard[],
): Readonly<Record<string, Document>> | undefined {
  const { grafana, alertmanager, prometheus, name } = environment;
  if (grafana === undefined) return undefined;
  const [address = '', port = ''] = listen.grafana.split(':');
  const settings = render(template.settings, {
    address,
    port,
    data: place.data,
    provisioning: `${place.folder}/${PROVISIONING}`,
    adminPassword: place.password(grafana.adminPassword),
    home: `${place.folder}/${DASHBOARDS}/${HOME}.json`,
  });
  const source = (file: string, text: string) => [
    `${PROVISIONING}/datasources/${file}.yml`,
    textDocument(text),
  ];
  return Object.fromEntries([
    [GRAFANA_SETTINGS, textDocument(settings)],
    source(
      'prometheus',
      render(template.prometheus, {
        prometheus: reach.prometheus,
        scrapeInterval: prometheus.scrapeInterval,
      }),
    ),
    ...(alertmanager === undefined
      ? []
      : [source('alertmanager', render(template.alertmanager, { alertmanager: reach.alertmanager }))]),
    [
      `${PROVISIONING}/dashboards/fleet.yml`,
      textDocument(
        render(template.dashboards, { environment: name, dashboards: `${place.folder}/${DASHBOARDS}` }),
      ),
    ],
    ...dashboards.map(({ uid, document }) => [`${DASHBOARDS}/${uid}.json`, document]),
  ]);
}
