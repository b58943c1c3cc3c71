import type { Environment } from '../../contracts/environment.ts';
import { needsEgress } from '../gateway.ts';
import { BY_RELEASE, type DashboardPlan, type Panel, RELEASE, type Row, type Unit } from './panel.ts';

const third = (title: string, description: string, unit: Unit, expr: string, legend: string): Panel => ({
  title,
  description,
  kind: 'lines',
  unit,
  width: 8,
  queries: [{ expr, legend }],
});

const SERVERS: Row = {
  title: 'Servers',
  panels: [
    third(
      'Servers by state',
      'What the checks of the routers say of the servers of a release; the lowest of all routers.',
      'short',
      `min by (model, release, state) (fleet_router_servers{${RELEASE}})`,
      `${BY_RELEASE} {{state}}`,
    ),
    third(
      'Weights',
      'Percent that the loaded document gives a release, by router.',
      'percent',
      `max by (instance, model, release) (fleet_release_weight_percent{${RELEASE}})`,
      `${BY_RELEASE} ({{instance}})`,
    ),
    third(
      'Scraped servers',
      '1: Prometheus reaches the vLLM server, 0: it does not.',
      'short',
      `min by (model, release, node, instance) (up{job=~"vllm.*",${RELEASE}})`,
      `${BY_RELEASE} {{instance}}`,
    ),
  ],
};

const DOCUMENTS: Row = {
  title: 'Documents',
  panels: [
    third(
      'Routers by loaded document',
      'Two versions: a change is under way, or a router has refused it.',
      'short',
      'count by (version) (fleet_router_document_info)',
      '{{version}}',
    ),
    third(
      'Document refused',
      '1: what is wanted is broken, and the older one is in use.',
      'short',
      'max by (instance) (fleet_router_document_refused)',
      '{{instance}}',
    ),
    third(
      'Sources that cannot be read',
      '1: the router goes on with the last value.',
      'short',
      'max by (instance, source) (fleet_router_source_failing)',
      '{{instance}} {{source}}',
    ),
  ],
};

const NGINX: Row = {
  title: 'nginx',
  panels: [
    third(
      'Connections',
      'Client connections by what they do.',
      'short',
      'sum by (instance, state) (fleet_router_nginx_connections)',
      '{{instance}} {{state}}',
    ),
    third(
      'Reloads',
      'Within 5 minutes.',
      'short',
      'sum by (instance) (increase(fleet_router_reloads_total[5m]))',
      '{{instance}}',
    ),
    third(
      'Old generations',
      'Workers that only finish what they have; changes wait when there are too many.',
      'short',
      'max by (instance) (fleet_router_old_generations)',
      '{{instance}}',
    ),
  ],
};

const EGRESS: Row = {
  title: 'Egress',
  panels: [
    third(
      'Requests to public endpoints',
      'Per second, by status.',
      'reqps',
      'sum by (endpoint, code) (rate(fleet_egress_requests_total[$__rate_interval]))',
      '{{endpoint}} {{code}}',
    ),
    third(
      'Under way',
      'Accepted and not ended.',
      'short',
      'sum by (endpoint) (fleet_egress_in_flight)',
      '{{endpoint}}',
    ),
    third(
      'Left alone',
      '0: requests go there, 1: one tries it, 2: it has failed too often and gets none.',
      'short',
      'max by (endpoint) (fleet_egress_circuit_state)',
      '{{endpoint}}',
    ),
  ],
};

/** Where do requests go, and by which document? */
export function routerDashboard(environment: Environment): DashboardPlan {
  return {
    uid: 'fleet-router',
    title: 'Router',
    description: 'Servers, documents and nginx of the routers, and what leaves for public endpoints.',
    variables: ['model', 'release'],
    rows: [SERVERS, DOCUMENTS, NGINX, ...(needsEgress(environment) ? [EGRESS] : [])],
  };
}
