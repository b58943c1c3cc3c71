import { MACHINE_CATALOGUE } from '../../contracts/machine-catalogue.ts';
import { type Judgement, judge } from '../../plan/judge.ts';
import { readPlan } from '../../plan/plan-json.ts';
import type { Surroundings } from '../../plan/surroundings.ts';
import { readSynthesized } from '../../plan/synthesized.ts';
import { configurationsOf, type PlanCase, recordedPlan } from '../support/plans/corpus.ts';

export const TODAY = '2026-11-24';

/** Production, with the prices of the catalogue. */
export const PRODUCTION: Surroundings = {
  class: 'production',
  price: (machine, market) =>
    MACHINE_CATALOGUE[machine]?.[market === 'spot' ? 'spot' : 'onDemand']?.usdPerHour,
};

/** The judgement of a recorded plan. The configuration is judged too where the case says where its state is kept. */
export function judgeCase(plan: PlanCase): Judgement {
  const { after } = configurationsOf(plan);
  const backend = (plan.change?.terraform as { backend?: unknown } | undefined)?.backend;
  return judge({
    plan: readPlan(recordedPlan(plan)),
    ...(backend === undefined ? {} : { synthesized: readSynthesized(after) }),
    surroundings: { ...PRODUCTION, ...(plan.context as Partial<Surroundings>) },
    today: TODAY,
  });
}
