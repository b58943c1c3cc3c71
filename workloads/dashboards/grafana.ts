import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type AnnotationQuery,
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { HAPPENINGS, type Happening } from './annotations.ts';
import { DATASOURCE_UID } from './datasource.ts';
import { DATASOURCE, grafanaPanel } from './grafana-panel.ts';
import type { DashboardPlan } from './panel.ts';

/** On all of our dashboards, so that each leads to the others. */
const TAG = 'gpt-oss-fleet';

const VARIABLES = {
  model: 'label_values(oss_requests_total, model)',
  release: 'label_values(oss_requests_total{model=~"$model"}, release)',
} as const;

/** Keys of interval variables, which the builder gives to all. */
const OF_INTERVALS: readonly string[] = ['auto', 'auto_min', 'auto_count'];

/** A dashboard in Grafana's own format. It is provisioned: whoever wants another one changes the code, or makes a copy. */
export function grafanaJson(plan: DashboardPlan, environment: string): string {
  return JSON.stringify(build(plan, environment).build(), (key, value) =>
    OF_INTERVALS.includes(key) ? undefined : value,
  );
}

function build(plan: DashboardPlan, environment: string): DashboardBuilder {
  const builder = new DashboardBuilder(plan.title)
    .uid(plan.uid)
    .description(`${plan.description} Environment ${environment}.`)
    .tags([TAG, environment])
    .readonly()
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('Fleet')
        .type(DashboardLinkType.Dashboards)
        .tags([TAG])
        .asDropdown(false)
        .keepTime(true)
        .includeVars(true),
    )
    .withVariable(
      new DatasourceVariableBuilder('datasource')
        .label('Prometheus')
        .type('prometheus')
        .current({ text: 'Prometheus', value: DATASOURCE_UID }),
    )
    .annotations(HAPPENINGS.map(annotation));
  for (const name of plan.variables) builder.withVariable(variable(name));
  for (const { title, panels } of plan.rows) {
    builder.withRow(new RowBuilder(title).collapsed(false));
    for (const panel of panels) builder.withPanel(grafanaPanel(panel));
  }
  return builder;
}

function variable(name: keyof typeof VARIABLES): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .datasource(DATASOURCE)
    .query({ query: VARIABLES[name], refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ text: 'All', value: '$__all' });
}

function annotation({ name, expr, title, color }: Happening): Builder<AnnotationQuery> {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(DATASOURCE)
    .enable(true)
    .iconColor(color)
    .target(new DataqueryBuilder().expr(expr).interval('15s').refId('happening'))
    .titleFormat(title);
}
