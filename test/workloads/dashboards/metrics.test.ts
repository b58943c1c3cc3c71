import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { createConfigMetrics } from '../../../services/common/config-metrics.ts';
import { createProcessMetrics } from '../../../services/common/process-metrics.ts';
import { systemRuntime } from '../../../services/common/runtime.ts';
import { createCompressionMetrics } from '../../../services/gateway/compression/metrics.ts';
import { createEdgeMetrics } from '../../../services/gateway/edge/metrics.ts';
import { createEgressMetrics } from '../../../services/gateway/egress/metrics.ts';
import { createLedger } from '../../../services/gateway/ledger.ts';
import { createLimitMetrics } from '../../../services/gateway/limits/metrics.ts';
import { createExporter } from '../../../services/gateway/tracing/exporter.ts';
import { createReviewMetrics } from '../../../services/pr-reviewer/metrics.ts';
import type { Agent } from '../../../services/router-agent/agent.ts';
import { createMetrics } from '../../../services/router-agent/metrics.ts';
import type { Nginx } from '../../../services/router-agent/nginx.ts';
import { ROOT } from '../../support/local-project.ts';
import { type Rules, shippedRules, TESTED_RULES } from '../rules-support.ts';
import { ENVIRONMENTS, filled, queriesOf } from './plans.ts';

/** Words of PromQL that are no metric. */
const WORDS = 'by|on|ignoring|group_left|group_right|without|and|or|unless|offset|bool|inf|nan';
/** Prometheus itself makes it for every target. */
const OF_PROMETHEUS = ['up'];

/** Names of metrics in PromQL; labels, strings, windows and functions are none. */
function metricsIn(expr: string): string[] {
  const bare = expr
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, ' ')
    .replaceAll(/\b(?:by|on|ignoring|without|group_left|group_right)\s*\([^)]*\)/g, ' ')
    .replaceAll(/\boffset\s+\w+/g, ' ');
  const names = bare.match(/(?<![\w.:])[a-zA-Z_:][\w:]*(?!\s*\()(?![\w:])/g) ?? [];
  return names.filter((name) => !new RegExp(`^(?:${WORDS})$`, 'i').test(name));
}

/** Names that a recorded page has on the wire: those of samples, with `_total`, `_bucket`. */
function recorded(page: string): string[] {
  const text = readFileSync(join(ROOT, 'test/fixtures', page, 'metrics.prom'), 'utf8');
  return [...text.matchAll(/^([a-zA-Z_:][\w:]*)[{ ]/gm)].map(([, name]) => name ?? '');
}

/** Names that our own services register, and what a histogram makes of its name. Nothing is collected, so the agent may be anything. */
function registered(): string[] {
  const [edge, egress, reviewer] = [new Registry(), new Registry(), new Registry()];
  createEdgeMetrics(edge);
  createCompressionMetrics(edge);
  createLimitMetrics(edge, { date: () => new Date(0), holding: { count: 0, picoDollars: 0n } });
  createLedger({ registry: edge, runtime: systemRuntime, log: () => undefined });
  createExporter({ registry: edge, runtime: systemRuntime, log: () => undefined, instance: 'edge' });
  createConfigMetrics(edge);
  createProcessMetrics(edge, 0);
  createEgressMetrics(egress);
  createReviewMetrics(reviewer);
  const agent = createMetrics({} as Agent, {} as Nginx);
  return [edge, egress, reviewer, agent].flatMap((registry) =>
    registry
      .getMetricsAsArray()
      .flatMap((metric) =>
        metric instanceof Histogram
          ? ['_bucket', '_sum', '_count'].map((suffix) => metric.name + suffix)
          : [metric.name],
      ),
  );
}

/** Names that the steps of a node write into the page that its health program serves. */
function ofNodes(): string[] {
  return ['lib.sh', 'failed.sh', 'health.py'].flatMap((file) => {
    const text = readFileSync(join(ROOT, 'templates/node', file), 'utf8');
    return [...text.matchAll(/\b(fleet_node_\w+)\{/g)].map(([, name]) => name ?? '');
  });
}

const recordedBy = (rules: Rules) =>
  rules.groups.flatMap(({ rules }) => rules.flatMap(({ record }) => record ?? []));

const measured = new Set([
  ...recorded('vllm-0.32'),
  ...recorded('dcgm-exporter-4.2'),
  ...recorded('alertmanager-0.25'),
  ...registered(),
  ...ofNodes(),
  ...OF_PROMETHEUS,
]);
const known = new Set([...measured, ...recordedBy(TESTED_RULES)]);

const queries = Object.entries(ENVIRONMENTS).flatMap(([name, environment]) =>
  queriesOf(environment).map(({ place, expr }) => ({ place: `${name}, ${place}`, expr })),
);

test('every metric that a dashboard asks for is one that somebody reports', () => {
  expect(queries.length).toBeGreaterThan(200);
  const unknown = queries.flatMap(({ place, expr }) =>
    metricsIn(expr)
      .filter((name) => !known.has(name))
      .map((name) => `${place}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test('so is every metric of a rule', () => {
  const rules = TESTED_RULES.groups.flatMap((group) => group.rules);
  const unknown = rules.flatMap((rule) =>
    metricsIn(rule.expr)
      .filter((name) => !known.has(name))
      .map((name) => `${rule.alert ?? rule.record}: ${name}`),
  );
  expect(unknown).toEqual([]);
});

test.each(['local', 'staging', 'prod'])('%s records what its dashboards ask for', (name) => {
  const own = new Set([...measured, ...recordedBy(parse(shippedRules()[name] ?? '') as Rules)]);
  const asked = queriesOf(ENVIRONMENTS[name] ?? expect.fail()).flatMap(({ expr }) => metricsIn(expr));
  expect(asked.filter((metric) => !own.has(metric))).toEqual([]);
});

test.each([
  ['vllm:gpu_cache_usage_perc', 'renamed'],
  ['vllm:time_per_output_token_seconds_bucket', 'renamed'],
  ['vllm:num_preemptions', 'without the _total that it has on the wire'],
  ['vllm:num_requests_swapped', 'dropped'],
])('%s (%s) would be seen', (name) => {
  expect(metricsIn(`sum by (model) (rate(${name}{model="m"}[5m]))`)).toEqual([name]);
  expect(known.has(name)).toBe(false);
});

test('promtool reads every query', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-queries-'));
  const rules = queries.map(({ expr }, index) => ({ record: `q${index}`, expr: filled(expr) }));
  writeFileSync(join(folder, 'queries.yml'), stringify({ groups: [{ name: 'queries', rules }] }));
  try {
    const output = execFileSync('promtool', ['check', 'rules', '--lint=none', join(folder, 'queries.yml')], {
      encoding: 'utf8',
    });
    expect(output).toContain(`SUCCESS: ${queries.length} rules found`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
