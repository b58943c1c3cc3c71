import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { cost } from '../../cli/commands/cost.ts';
import { createPrometheus } from '../../cli/dashboard/prometheus.ts';
import { dashboardPlans } from '../../workloads/dashboards/dashboards.ts';
import { ROOT } from '../support/local-project.ts';
import { RealPrometheus } from '../support/real-prometheus.ts';
import { ENVIRONMENTS, filled } from '../workloads/dashboards/plans.ts';
import { TESTED_RULES } from '../workloads/rules-support.ts';
import { DAY_SECONDS, simulateDay } from './simulated-day.ts';

/** The promise. */
const OFF_BY = 0.01;
const midnight = (Math.floor(Date.now() / 1000 / DAY_SECONDS) - 2) * DAY_SECONDS;
const end = midnight + DAY_SECONDS;

const project = mkdtempSync(join(tmpdir(), 'fleet-day-'));
let prometheus: RealPrometheus;
/** USD by release, as `fleet cost` adds them up. */
let charged: Map<string, number>;

beforeAll(async () => {
  const { ledger, samples } = simulateDay({
    ...{ midnight, seed: 7, requestsPerSecond: 0.2, outage: [50_000, 50_300] },
    ...{ lasting: 2, restarts: 6, short: 3_000 },
  });
  cpSync(join(ROOT, 'environments'), join(project, 'environments'), { recursive: true });
  mkdirSync(join(project, '.fleet/local/ledger'), { recursive: true });
  const lines = ledger
    .toSorted((a, b) => a.ts.localeCompare(b.ts))
    .map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(join(project, '.fleet/local/ledger/ledger.jsonl'), lines.join(''));
  const { rows, brokenLines } = await cost('local', { by: 'release' }, { project, now: Date.now });
  expect(brokenLines).toBe(0);
  charged = new Map(rows.map(({ group, usd }) => [group, Number(usd)]));

  prometheus = await RealPrometheus.create();
  await prometheus.remember(samples);
  await prometheus.start();
  const groups = TESTED_RULES.groups.filter(({ name }) => name === 'spent');
  await prometheus.recall(stringify({ groups }), midnight - 60, end + 60, 15);
}, 600_000);

afterAll(async () => {
  await prometheus?.remove();
  rmSync(project, { recursive: true, force: true });
});

/** USD by release at the end of the day, by a query. */
async function shown(expr: string): Promise<Map<string, number>> {
  const found = await createPrometheus(prometheus.url).over(expr, { from: end, to: end, step: DAY_SECONDS });
  return new Map(
    found.map(({ metric, values }) => [`${metric.model} ${metric.release}`, Number(values[0]?.[1])]),
  );
}

const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);

test('the panel of daily cost is within 1 % of the ledger, in all and for each release', async () => {
  const panels = dashboardPlans(ENVIRONMENTS.local ?? expect.fail()).flatMap(({ rows }) =>
    rows.flatMap((row) => row.panels),
  );
  const [query] = panels.find(({ title }) => title === 'Daily token cost')?.queries ?? [];
  const daily = await shown(filled(query?.expr ?? ''));
  expect([...daily.keys()].toSorted()).toEqual([...charged.keys()].toSorted());
  for (const [release, usd] of charged) {
    const off = (daily.get(release) ?? 0) / usd - 1;
    console.log(
      `${release}: ledger ${usd.toFixed(4)} USD, panel ${daily.get(release)?.toFixed(4)} USD, ${(100 * off).toFixed(3)} %`,
    );
    expect(Math.abs(off), release).toBeLessThan(OFF_BY);
  }
  expect(Math.abs(sum(daily.values()) / sum(charged.values()) - 1)).toBeLessThan(OFF_BY);
});

test('increase() alone is not: of a counter that was read once it knows nothing', async () => {
  const naive = await shown('sum by (model, release) (increase(oss_token_cost_usd[1d]))');
  const off = sum(naive.values()) / sum(charged.values()) - 1;
  console.log(`increase(): ${(100 * off).toFixed(2)} %`);
  expect(Math.abs(off)).toBeGreaterThan(OFF_BY);
});
