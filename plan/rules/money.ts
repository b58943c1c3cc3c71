import { costOf } from '../cost.ts';
import { DENY, DENY_OUTSIDE_DEVELOPMENT, fail, type Rule, unknown } from '../rule.ts';
import { UNKNOWN } from '../view.ts';

export const overBudget: Rule = {
  id: 'over-budget',
  topic: 'money',
  title: 'the GPU machines cost no more than `checks.budget` says',
  why: 'One more machine of eight H100 is about half a million dollars a year.',
  fix: 'Take fewer machines, or raise the budget in the environment file, where somebody reviews it.',
  severity: DENY,
  check: (facts) => {
    const budget = facts.surroundings.budgetUsdPerHour;
    if (budget === undefined) return [];
    const { after, unpriced } = costOf(facts.nodes, facts.surroundings);
    const path = ['checks', 'budget'];
    if (after > budget)
      return [
        {
          ...fail(
            undefined,
            `the machines cost $${after.toFixed(2)}/h, the budget is $${budget.toFixed(2)}/h`,
          ),
          path,
        },
      ];
    return unpriced.length === 0
      ? []
      : [{ ...unknown(undefined, 'the sum is not known: see unknown-price'), path }];
  },
};

export const unknownPrice: Rule = {
  id: 'unknown-price',
  topic: 'money',
  title: 'every GPU machine has a price',
  why: 'A price that nobody knows is not $0.',
  fix: 'Give the machine a price under `machines` in the environment file, with its date and source.',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) =>
    costOf(facts.nodes, facts.surroundings).unpriced.map(({ address, what }) => fail(address, what)),
};

const PURCHASES = [
  'aws_ec2_capacity_block_reservation',
  'aws_rds_reserved_instance',
  'aws_savingsplans_plan',
  'aws_shield_subscription',
  'google_compute_region_commitment',
  'google_bigquery_capacity_commitment',
  'google_compute_future_reservation',
];

export const irrevocablePurchase: Rule = {
  id: 'irrevocable-purchase',
  topic: 'money',
  title: 'nothing is bought that cannot be given back',
  why: 'A commitment is paid to its end, whatever the next plan says.',
  fix: 'Buy it by hand, with whoever owns the budget, and name it in the configuration: `capacity` takes existing reservations.',
  severity: DENY,
  check: (facts) =>
    facts
      .all(...PURCHASES)
      .filter(({ action }) => action === 'create' || action === 'replace')
      .map(({ address, type }) => fail(address, `${type} is bought for a fixed term`)),
};

export const instancesUnbounded: Rule = {
  id: 'instances-unbounded',
  topic: 'money',
  title: 'a service that scales by itself has an upper bound',
  why: 'Whoever sends the requests decides the bill.',
  fix: 'scaling { max_instance_count = … }',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) =>
    facts.wanted('google_cloud_run_v2_service').flatMap((subject) => {
      const template = subject.blocks('template');
      if (template === UNKNOWN)
        return [unknown(subject.address, 'its scaling is only known after the apply')];
      return template.flatMap((view) => {
        const scaling = view.block('scaling');
        const most =
          scaling === UNKNOWN || scaling === undefined ? undefined : scaling.number('max_instance_count');
        if (most === UNKNOWN)
          return [unknown(subject.address, 'max_instance_count is only known after the apply')];
        return most === undefined || most === 0 ? [fail(subject.address, 'no max_instance_count')] : [];
      });
    }),
};
