import type { Dashboard, Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery as Target } from '@grafana/grafana-foundation-sdk/prometheus';
import { describe, expect, test } from 'vitest';
import { dashboards } from '../../../workloads/dashboards/dashboards.ts';
import { DATASOURCE_UID } from '../../../workloads/dashboards/datasource.ts';
import { ENVIRONMENTS } from './plans.ts';

const COLUMNS = 24;
/** Numbers of something, which have no unit. */
const COUNTED = 'short';

const isRow = (panel: Panel | RowPanel): panel is RowPanel => panel.type === 'row';

/** A row's panels lie in it, or after it. */
function panelsOf({ panels = [] }: Dashboard): Panel[] {
  return panels.flatMap((panel) => (isRow(panel) ? panel.panels : [panel]));
}

const all = Object.entries(ENVIRONMENTS).flatMap(([name, environment]) =>
  dashboards(environment).map(({ uid, title, document }) => ({
    name: `${title} of ${name}`,
    uid,
    title,
    text: document.text,
    json: JSON.parse(document.text) as Dashboard,
  })),
);

/** One line for the dashboard, one for each panel: a change of one shows as one. */
function compact(json: Dashboard): string {
  const { panels = [], ...rest } = json;
  const lines = panels.flatMap((panel) =>
    isRow(panel) ? [{ ...panel, panels: [] }, ...panel.panels] : [panel],
  );
  return [rest, ...lines].map((value) => `${JSON.stringify(value)}\n`).join('');
}

test.each(['local', 'staging', 'prod'])('the dashboards of %s are those in the tree', async (name) => {
  const texts = dashboards(ENVIRONMENTS[name] ?? expect.fail()).map(({ document }) =>
    compact(JSON.parse(document.text)),
  );
  await expect(texts.join('\n')).toMatchFileSnapshot(`../../rendered/dashboards/${name}.jsonl`);
});

test('uids are stable, and the same in every environment', () => {
  const uids = (name: string) => dashboards(ENVIRONMENTS[name] ?? expect.fail()).map(({ uid }) => uid);
  const everywhere = ['fleet-cost', 'fleet-latency', 'fleet-cache', 'fleet-rollout'];
  const services = ['fleet-gateway', 'fleet-router'];
  expect(uids('local')).toEqual([...everywhere, ...services]);
  expect(uids('staging')).toEqual([...everywhere, 'fleet-gpu', ...services]);
  expect(uids('prod')).toEqual([...uids('staging'), 'fleet-reviews']);
});

test('thresholds are those of the environment', () => {
  const { slo } = ENVIRONMENTS.prod ?? expect.fail();
  const latency = all.find(({ name }) => name === 'Latency of prod');
  const firstToken = panelsOf(latency?.json ?? expect.fail()).find(
    ({ title }) => title === 'First token, 95th percentile',
  );
  expect(firstToken?.fieldConfig?.defaults.thresholds?.steps.at(-1)).toEqual({
    value: slo.firstToken.seconds,
    color: 'red',
  });
});

/** The rules of Grafana's dashboard-linter. Those about `job` and `instance` are not followed: every metric here is of one service, and who looks goes by model and release. */
describe.each(all)('$name', ({ text, json, uid }) => {
  const panels = panelsOf(json);
  const variables = json.templating?.list ?? [];

  test('has a file name, a description, a tag, and no button to save', () => {
    expect(json).toMatchObject({ uid, editable: false, description: expect.stringMatching(/\.$/) });
    expect(json.tags).toContain('gpt-oss-fleet');
  });

  test('asks the datasource of its variable, everywhere', () => {
    const [first] = variables;
    expect(first).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    expect(first?.current).toMatchObject({ value: DATASOURCE_UID });
    const asked = text.matchAll(/"datasource":(\{[^}]*\})/g);
    expect(new Set([...asked].map(([, datasource]) => datasource))).toEqual(
      new Set(['{"type":"prometheus","uid":"$datasource"}']),
    );
  });

  test('has a title, a description and a unit on every panel', () => {
    for (const panel of panels) {
      expect(panel.title, text).toMatch(/^[A-Z]/);
      expect(panel.description, panel.title).toMatch(/.\.$/);
      expect(panel.fieldConfig?.defaults.unit ?? COUNTED, panel.title).toMatch(/./);
    }
    const titles = panels.map(({ title }) => title);
    expect(titles).toHaveLength(new Set(titles).size);
  });

  test('has queries with a name for each series, over the interval that Grafana chooses', () => {
    for (const { title, targets: found = [] } of panels) {
      const targets = found as readonly Partial<Target>[];
      expect(targets, title).not.toEqual([]);
      expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
      for (const { expr = '', legendFormat } of targets) {
        expect(legendFormat, title).toMatch(/./);
        for (const [, window = ''] of expr.matchAll(/\brate\([^[]*\[([^\]]*)\]/g))
          expect(['$__rate_interval', '$__range', '1h'], `${title}: rate over ${window}`).toContain(window);
      }
    }
  });

  test('has variables that it uses, and uses those that it has', () => {
    const used = new Set([...text.matchAll(/\$(model|release)\b/g)].map(([, name]) => name));
    const declared = variables.slice(1).map(({ name }) => name);
    expect(declared).toEqual([...used].toSorted());
  });

  test('has a place for every panel, and no two in one', () => {
    const taken = new Set<string>();
    for (const { gridPos: at, title } of [...panels, ...(json.panels ?? []).filter(isRow)]) {
      const { x, y, w, h } = at ?? expect.fail(`${title} has no place`);
      expect(x + w, title ?? '').toBeLessThanOrEqual(COLUMNS);
      for (let column = x; column < x + w; column += 1)
        for (let line = y; line < y + h; line += 1) {
          expect(taken.has(`${column},${line}`), `${title} lies on another panel`).toBe(false);
          taken.add(`${column},${line}`);
        }
    }
  });

  test('has open rows, whose panels come after them', () => {
    const rows = (json.panels ?? []).filter(isRow);
    expect(rows.length).toBeGreaterThan(1);
    for (const row of rows) expect(row).toMatchObject({ collapsed: false, panels: [] });
  });

  test('marks deploys and weight changes', () => {
    expect(json.annotations?.list?.map(({ name }) => name)).toEqual(['Weight changes', 'Deploys']);
  });

  test('holds nothing that Terraform would take for its own', () => {
    expect(text).not.toMatch(/[$%]\{/);
  });
});
