import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planCases, recordedPlan } from '../support/plans/corpus.ts';

const RESOURCES = 5000;
const MOST = 3;
const ROUNDS = 3;

const folder = mkdtempSync(join(tmpdir(), 'fleet-large-plan-'));
const file = join(folder, 'plan.json');

type Plan = Readonly<Record<string, unknown>>;

/** Recorded plans, copied until there are enough resources, each under an address of its own. */
function largePlan(): Plan {
  const plans = planCases('dangerous').map(recordedPlan);
  const changes: unknown[] = [];
  const resources: unknown[] = [];
  for (let copy = 0; changes.length < RESOURCES; copy += 1) {
    const plan = plans[copy % plans.length] as unknown as {
      readonly resource_changes?: readonly { readonly address: string }[];
      readonly configuration: {
        readonly root_module: { readonly resources?: readonly { readonly address: string }[] };
      };
    };
    const renamed = <Item extends { readonly address: string }>(item: Item) => ({
      ...item,
      address: `${item.address}-${copy}`,
    });
    changes.push(...(plan.resource_changes ?? []).map(renamed));
    resources.push(...(plan.configuration.root_module.resources ?? []).map(renamed));
  }
  return {
    ...plans[0],
    resource_changes: changes.slice(0, RESOURCES),
    configuration: { root_module: { resources } },
  };
}

beforeAll(() => writeFileSync(file, JSON.stringify(largePlan())));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Cost {
  readonly milliseconds: number;
  readonly bytes: number;
}

function measure(what: 'parse' | 'judge'): Cost {
  const script = join(import.meta.dirname, '../plan/measure.ts');
  const printed = execFileSync(process.execPath, ['--import', 'tsx', script, what, file], {
    encoding: 'utf8',
  });
  return JSON.parse(printed);
}

/** What it takes when nothing disturbs: the least of all rounds. */
function least(costs: readonly Cost[]): Cost {
  return {
    milliseconds: Math.min(...costs.map(({ milliseconds }) => milliseconds)),
    bytes: Math.min(...costs.map(({ bytes }) => bytes)),
  };
}

test(`a plan of ${RESOURCES} resources is judged in at most ${MOST} times the time and memory of parsing it`, () => {
  const rounds = Array.from({ length: ROUNDS }, () => [measure('parse'), measure('judge')] as const);
  const parsed = least(rounds.map(([cost]) => cost));
  const judged = least(rounds.map(([, cost]) => cost));
  const ratios = { time: judged.milliseconds / parsed.milliseconds, memory: judged.bytes / parsed.bytes };
  console.log(`judging / JSON.parse: time ${ratios.time.toFixed(2)}, memory ${ratios.memory.toFixed(2)}`);
  expect(ratios.time).toBeLessThanOrEqual(MOST);
  expect(ratios.memory).toBeLessThanOrEqual(MOST);
}, 120_000);
