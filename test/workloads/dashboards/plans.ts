import type { Environment } from '../../../contracts/environment.ts';
import { HAPPENINGS } from '../../../workloads/dashboards/annotations.ts';
import { dashboardPlans } from '../../../workloads/dashboards/dashboards.ts';
import { withLocalReviewer } from '../../support/local-reviewer.ts';
import { shippedEnvironment } from '../../support/synth.ts';
import { withTracing } from '../../support/tracing.ts';

/** A query of a dashboard, by where it stands. */
export interface PlacedQuery {
  readonly place: string;
  readonly expr: string;
}

/** Own machines with a price, and a budget: then there are panels of what they cost. */
export const withPrices = (text: string) => `${text.replaceAll('machine: 8x-h100', 'machine: rented')}
machines:
  rented:
    { gpu: H100, gpus: 8, gpuMemoryGiB: 79.11, onDemand: { usdPerHour: 20, date: 2026-11-01, source: a contract } }
checks: { budget: { usdPerHour: 50 } }
`;

/** Environments that together have every panel. */
export const ENVIRONMENTS: Readonly<Record<string, Environment>> = {
  local: shippedEnvironment('local'),
  priced: shippedEnvironment('local', (text) =>
    withTracing('http://127.0.0.1:4318')(withPrices(withLocalReviewer()(text))),
  ),
  staging: shippedEnvironment('staging'),
  prod: shippedEnvironment('prod'),
};

/** All queries of an environment's dashboards, those of annotations too. */
export function queriesOf(environment: Environment): PlacedQuery[] {
  const panels = dashboardPlans(environment).flatMap(({ title, rows }) =>
    rows.flatMap(({ panels }) =>
      panels.flatMap((panel) =>
        panel.queries.map(({ expr }, index) => ({
          place: `${title}: ${panel.title}, query ${index + 1}`,
          expr,
        })),
      ),
    ),
  );
  return [...panels, ...HAPPENINGS.map(({ name, expr }) => ({ place: `annotation ${name}`, expr }))];
}

/** A query as Grafana sends it when everything is selected. */
export function filled(expr: string, rateInterval = '5m'): string {
  return expr
    .replaceAll(/\$__(?:rate_interval|range)\b/g, rateInterval)
    .replaceAll(/\$(model|release)\b/g, '.*');
}
