import type { Environment } from '../../contracts/environment.ts';
import { type Document, textDocument } from '../document.ts';
import { cacheDashboard } from './cache.ts';
import { costDashboard } from './cost.ts';
import { gatewayDashboard } from './gateway.ts';
import { gpuDashboard } from './gpu.ts';
import { grafanaJson } from './grafana.ts';
import { latencyDashboard } from './latency.ts';
import type { DashboardPlan } from './panel.ts';
import { reviewsDashboard } from './reviews.ts';
import { rolloutDashboard } from './rollout.ts';
import { routerDashboard } from './router.ts';

/** A dashboard as Grafana provisions it, from a file `<uid>.json`. */
export interface FleetDashboard {
  readonly uid: string;
  readonly title: string;
  readonly document: Document;
}

/**
 * What an environment's dashboards show: only what its parts report. Thresholds are its `slo` and budget. Nothing goes by
 * weights, roles or the number of machines, as in the rules.
 */
export function dashboardPlans(environment: Environment): DashboardPlan[] {
  const { platform, reviewer } = environment;
  // Only machines that are found by their labels run an exporter of GPU metrics.
  const exporters = platform === 'google' || platform === 'aws';
  return [
    costDashboard(environment),
    latencyDashboard(environment),
    cacheDashboard(),
    rolloutDashboard(),
    ...(exporters ? [gpuDashboard()] : []),
    gatewayDashboard(environment),
    routerDashboard(environment),
    ...(reviewer === undefined ? [] : [reviewsDashboard(reviewer)]),
  ];
}

/** Dashboards of an environment for Grafana 12 and 13. */
export function dashboards(environment: Environment): FleetDashboard[] {
  return dashboardPlans(environment).map((plan) => ({
    uid: plan.uid,
    title: plan.title,
    document: textDocument(`${grafanaJson(plan, environment.name)}\n`),
  }));
}
