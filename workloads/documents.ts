import type { Environment } from '../contracts/environment.ts';
import { alertmanagerDocument } from './alertmanager.ts';
import { dashboards } from './dashboards/dashboards.ts';
import type { Document } from './document.ts';
import { jsonDocument } from './document.ts';
import { edgeDocument, egressDocument, needsEgress } from './gateway.ts';
import { grafanaDocuments } from './grafana.ts';
import { prometheusDocument } from './prometheus.ts';
import { routerDocument, serversDocument } from './router.ts';
import { rulesDocument } from './rules.ts';
import type { Templates } from './templates.ts';
import type { Topology } from './topology.ts';

/** Everything that an environment's parts read. */
export interface EnvironmentDocuments {
  /** nginx.conf: the one object that carries weights, salts and limits. */
  readonly weights: Document;
  /** servers.json: servers by release, or how its machines' servers are found. */
  readonly servers: Document;
  readonly gateway: Document;
  /** Absent where no release is answered by a public endpoint. */
  readonly egress?: Document;
  readonly prometheus: Document;
  /** Recording rules and alerts. */
  readonly rules: Document;
  /** Absent where the environment has no Alertmanager. */
  readonly alertmanager?: Document;
  /** By path below Grafana's folder. Absent where the environment has none. */
  readonly grafana?: Readonly<Record<string, Document>>;
}

/** An environment → the documents that run. The same on every platform but for addresses. */
export function environmentDocuments(
  environment: Environment,
  topology: Topology,
  templates: Templates,
): EnvironmentDocuments {
  const { listen, reach, discovery } = topology;
  const egress = needsEgress(environment);
  return {
    weights: routerDocument(
      environment,
      { listen: listen.router, adminListen: listen.routerAdmin, egress: egress ? reach.egress : undefined },
      templates.nginx,
    ),
    servers: jsonDocument(
      serversDocument(environment, discovery.kind === 'static' ? discovery.address : undefined),
    ),
    gateway: edgeDocument(environment, topology),
    egress: egress ? egressDocument(environment, topology) : undefined,
    prometheus: prometheusDocument(environment, topology),
    rules: rulesDocument(environment, topology, templates.rules),
    alertmanager: alertmanagerDocument(environment, topology),
    grafana: grafanaDocuments(environment, topology, templates.grafana, dashboards(environment)),
  };
}
