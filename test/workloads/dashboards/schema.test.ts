import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import { afterAll, expect, test } from 'vitest';
import { dashboards } from '../../../workloads/dashboards/dashboards.ts';
import { ROOT } from '../../support/local-project.ts';
import { ENVIRONMENTS } from './plans.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleet-schema-'));
symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
afterAll(() => rmSync(folder, { recursive: true }));

const all = Object.values(ENVIRONMENTS).flatMap((environment) =>
  dashboards(environment).map(({ document }) => JSON.parse(document.text) as Dashboard),
);

/** Enums are their values in JSON, and Grafana fills in what a panel leaves out. */
const PROLOGUE = `
import type * as schema from '@grafana/schema';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as heatmap from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';

type Json<T> = T extends string ? \`\${T}\` : T extends object ? { [K in keyof T]: Json<T[K]> } : T;
type Partly<T> = T extends object ? { [K in keyof T]?: Partly<T[K]> } : T;
type Options = { timeseries: timeseries.Options; stat: stat.Options; heatmap: heatmap.Options };
/** What Prometheus adds to an annotation; Grafana's schema leaves that to each datasource. */
type Query = schema.DataQuery & { expr: string; interval: string };
type Annotation = schema.AnnotationQuery<Query> & { titleFormat: string };
type Dashboard = Omit<schema.Dashboard, 'annotations'> & { annotations: { list: Annotation[] } };
type Fields = { timeseries: timeseries.FieldConfig; stat: object; heatmap: heatmap.FieldConfig };
`;

/** The compiler's complaints about these dashboards. */
function complaints(values: readonly Dashboard[]): string {
  const statements = values.flatMap((dashboard) => [
    `(${JSON.stringify(dashboard)}) satisfies Json<Dashboard>;`,
    ...panelsOf(dashboard).flatMap(({ type, options, fieldConfig }) => [
      `(${JSON.stringify(options ?? {})}) satisfies Partly<Json<Options['${type}']>>;`,
      `(${JSON.stringify(fieldConfig?.defaults.custom ?? {})}) satisfies Partly<Json<Fields['${type}']>>;`,
    ]),
  ]);
  writeFileSync(join(folder, 'dashboards.ts'), `${PROLOGUE}${statements.join('\n')}\n`);
  const flags = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2023'];
  const modules = ['--module', 'esnext', '--moduleResolution', 'bundler', '--types', ''];
  try {
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), [...flags, ...modules, 'dashboards.ts'], {
      cwd: folder,
      encoding: 'utf8',
    });
    return '';
  } catch (error) {
    return (error as { stdout: string }).stdout.slice(0, 2_000);
  }
}

function panelsOf({ panels = [] }: Dashboard): Panel[] {
  return panels.flatMap((panel: Panel | RowPanel) =>
    'panels' in panel ? (panel.panels as Panel[]) : [panel as Panel],
  );
}

test('every dashboard has the types of the pinned @grafana/schema', () => {
  expect(complaints(all)).toBe('');
});

test.each<[string, (text: string) => string]>([
  [
    'a style of line that does not exist',
    (text) => text.replace('"drawStyle":"bars"', '"drawStyle":"barss"'),
  ],
  ['an option of a panel with another name', (text) => text.replace('"yAxis":', '"axisY":')],
  ['a threshold without a colour', (text) => text.replace(/"color":"green"/, '"colour":"green"')],
])('the compiler sees %s', (_, spoil) => {
  const spoilt = all
    .slice(0, 2)
    .map((dashboard) => JSON.parse(spoil(JSON.stringify(dashboard))) as Dashboard);
  expect(complaints(spoilt)).toMatch(/error TS/);
});
