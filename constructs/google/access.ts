import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { NODE_HEALTH_PORT } from '../../contracts/node-health.ts';
import { collectorOf, tracesNodes } from '../../contracts/tracing-rules.ts';
import { EXPORTER_PORTS } from '../../workloads/topology.ts';
import { AccessRule } from './access-rule.ts';
import { Denial } from './denial.ts';
import { Identity } from './identity.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';
import { PRIVATE_APIS_RANGE } from './private-apis.ts';

export interface AccessProps {
  readonly place: Place;
  readonly network: Network;
  readonly nodesReachInternet: boolean;
  readonly environment: Environment;
}

const EVERYWHERE = ['0.0.0.0/0'];
/** Identity-Aware Proxy, which asks who somebody is before it forwards SSH. */
const IAP_RANGE = ['35.235.240.0/20'];
/** Where Google's health checks come from. */
const HEALTH_CHECK_RANGES = ['35.191.0.0/16', '130.211.0.0/22'];

const LOG_WRITER = 'roles/logging.logWriter';
const METRIC_WRITER = 'roles/monitoring.metricWriter';
/** Roles that machines have in the whole project. */
export const MACHINE_ROLES = [LOG_WRITER, METRIC_WRITER];

/**
 * Who may speak to whom, by what a machine is. Nodes are spoken to by the router (vLLM, see `Nodes`, and readiness),
 * Prometheus (vLLM, exporters) and Google's health checks, and by nobody else. The rest is denied and logged.
 */
export class Access extends Construct {
  readonly nodes: Identity;
  readonly router: Identity;
  readonly prometheus: Identity;
  readonly gateway: Identity;

  constructor(
    scope: Construct,
    id: string,
    { place, network, nodesReachInternet, environment }: AccessProps,
  ) {
    super(scope, id);
    const identity = (name: string, description: string, projectRoles?: Readonly<Record<string, string>>) =>
      new Identity(this, name, { place, description, projectRoles });
    this.nodes = identity('nodes', 'GPU nodes of all releases', {
      logs: LOG_WRITER,
      metrics: METRIC_WRITER,
    });
    this.router = identity('router', 'Routers, with the egress beside them', {
      logs: LOG_WRITER,
    });
    this.prometheus = identity('prometheus', 'Prometheus', { logs: 'roles/logging.logWriter' });
    this.gateway = identity('gateway', 'Gateway');
    const nodes = [this.nodes.resource.email];
    const { router, egress } = environment;
    const routerMetrics = [router.agentPort, egress.adminPort, EXPORTER_PORTS['node-exporter']];
    const allow = (
      name: string,
      description: string,
      ports: readonly (number | string)[],
      between: ConstructorParameters<typeof AccessRule>[2]['between'],
    ) => new AccessRule(this, name, { place, network, description, allow: ports.map(String), between });

    allow('readiness', 'Routers and Prometheus ask nodes what they are doing', [NODE_HEALTH_PORT], {
      direction: 'INGRESS',
      sourceServiceAccounts: [this.router.resource.email, this.prometheus.resource.email],
      targetServiceAccounts: nodes,
    });
    allow('exporters', 'Prometheus reads the exporters of nodes', Object.values(EXPORTER_PORTS), {
      direction: 'INGRESS',
      sourceServiceAccounts: [this.prometheus.resource.email],
      targetServiceAccounts: nodes,
    });
    allow('health-checks', 'Google asks whether a node should be replaced', [NODE_HEALTH_PORT], {
      direction: 'INGRESS',
      sourceRanges: HEALTH_CHECK_RANGES,
      targetServiceAccounts: nodes,
    });
    const routers = [this.router.resource.email];
    allow('router-health', 'Google asks routers whether they serve', [router.agentPort], {
      direction: 'INGRESS',
      sourceRanges: HEALTH_CHECK_RANGES,
      targetServiceAccounts: routers,
    });
    allow('router-metrics', 'Prometheus reads agent, egress and machine of routers', routerMetrics, {
      direction: 'INGRESS',
      sourceServiceAccounts: [this.prometheus.resource.email],
      targetServiceAccounts: routers,
    });
    allow('ssh', 'SSH through Identity-Aware Proxy', [22], {
      direction: 'INGRESS',
      sourceRanges: IAP_RANGE,
      targetServiceAccounts: [this.nodes, this.router, this.prometheus].map(({ resource }) => resource.email),
    });
    const monitoring = [this.prometheus.resource.email];
    allow('metrics-of-gateways', 'Gateways send their metrics', [environment.prometheus.port], {
      direction: 'INGRESS',
      // What Cloud Run sends into the network has no identity there that a rule could name.
      sourceRanges: [network.gateway.cidr],
      targetServiceAccounts: monitoring,
    });
    allow('metrics-of-monitoring', 'Prometheus reads its own machine', [EXPORTER_PORTS['node-exporter']], {
      direction: 'INGRESS',
      sourceServiceAccounts: monitoring,
      targetServiceAccounts: monitoring,
    });
    const seen = [environment.prometheus.port, environment.alertmanager?.port, environment.grafana?.port];
    allow(
      'monitoring-pages',
      'People look through Identity-Aware Proxy',
      seen.flatMap((port) => port ?? []),
      {
        direction: 'INGRESS',
        sourceRanges: IAP_RANGE,
        targetServiceAccounts: monitoring,
      },
    );
    new Denial(this, 'deny-ingress', {
      place,
      network,
      description: 'Nobody else reaches anything',
      between: { direction: 'INGRESS', sourceRanges: EVERYWHERE },
    });
    allow('node-egress', 'Nodes fetch weights, images and secrets', nodesReachInternet ? [80, 443] : [443], {
      direction: 'EGRESS',
      destinationRanges: nodesReachInternet ? EVERYWHERE : [PRIVATE_APIS_RANGE],
      targetServiceAccounts: nodes,
    });
    const { address, port } = collectorOf(environment) ?? {};
    if (address !== undefined && port !== undefined && tracesNodes(environment))
      allow('node-traces', 'Nodes send their spans', [port], {
        direction: 'EGRESS',
        destinationRanges: [`${address}/32`],
        targetServiceAccounts: nodes,
      });
    new Denial(this, 'deny-node-egress', {
      place,
      network,
      description: 'Nodes call nothing else',
      between: { direction: 'EGRESS', destinationRanges: EVERYWHERE, targetServiceAccounts: nodes },
    });
  }
}
