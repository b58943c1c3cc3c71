import type { Facts } from '../facts.ts';
import {
  DENY,
  DENY_IN_PRODUCTION,
  DENY_OUTSIDE_DEVELOPMENT,
  fail,
  type Observation,
  type Rule,
  unknown,
} from '../rule.ts';
import type { Share, Shares } from '../traffic.ts';
import { UNKNOWN } from '../view.ts';

const WEIGHTS = 'models';

export const weightsSum: Rule = {
  id: 'weights-sum',
  topic: 'traffic',
  title: 'the weights of a model add up to 100',
  why: 'What is missing goes nowhere, and what is too much shifts everything behind it.',
  fix: 'Make them add up to 100.',
  severity: DENY,
  check: ({ traffic }) => {
    if (traffic?.after === undefined) return [];
    const { address } = traffic;
    if (traffic.after === 'unknown') return [unknown(address, 'the weights are only known after the apply')];
    if (traffic.after === 'unreadable')
      return [fail(address, 'the object that holds the weights does not say them any more')];
    return Object.entries(traffic.after).flatMap(([model, releases]) => {
      const sum =
        Object.values(releases).reduce((total, { weight }) => total + Math.round(weight * 100), 0) / 100;
      return sum === 100 ? [] : [at(model, fail(address, `the weights of ${model} add up to ${sum}`))];
    });
  },
};

function at(model: string, observation: Observation): Observation {
  return { ...observation, path: [WEIGHTS, model, 'releases'] };
}

/** Releases whose weight the plan changes. */
interface Step {
  readonly address: string | undefined;
  readonly model: string;
  readonly release: string;
  readonly before: Share | undefined;
  readonly after: Share;
}

function steps({ traffic }: Facts): Step[] {
  const { before, after, address } = traffic ?? {};
  if (before === undefined || typeof after !== 'object') return [];
  return Object.entries(after).flatMap(([model, releases]) =>
    Object.entries(releases)
      .map(([release, share]) => ({
        address,
        model,
        release,
        before: before[model]?.[release],
        after: share,
      }))
      .filter((step) => step.before?.weight !== step.after.weight),
  );
}

function weightsUnknown({ traffic }: Facts, what: string): Observation[] {
  return traffic?.before !== undefined && traffic.after === 'unknown' ? [unknown(traffic.address, what)] : [];
}

const LARGEST_STEP = 25;

export const canaryStep: Rule = {
  id: 'canary-step',
  topic: 'traffic',
  title: 'a canary grows step by step',
  why: 'The step is what a fault can reach before anybody sees it.',
  fix: 'Take a smaller step; `fleet canary run` takes all of them and judges each. `checks.canaryStep` sets the limit.',
  severity: DENY_IN_PRODUCTION,
  check: (facts) => {
    const limit = facts.surroundings.canaryStep ?? LARGEST_STEP;
    const large = steps(facts).filter(
      ({ before, after }) =>
        after.role === 'canary' && before?.role !== 'stable' && after.weight - (before?.weight ?? 0) > limit,
    );
    return [
      ...weightsUnknown(facts, 'how far the canary grows is only known after the apply'),
      ...large.map(({ address, model, release, before, after }) =>
        at(
          model,
          fail(
            address,
            `${model} ${release} goes from ${before?.weight ?? 0} to ${after.weight} %, more than ${limit} points`,
          ),
        ),
      ),
    ];
  },
};

export const canaryWithoutNodes: Rule = {
  id: 'canary-without-nodes',
  topic: 'traffic',
  title: 'a release gets traffic only when its machines are there',
  why: 'They need minutes to load a model; until then its share of the requests fails.',
  fix: 'Deploy the release at weight 0, wait until it is healthy, then give it weight.',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: (facts) => [
    ...weightsUnknown(facts, 'which releases get traffic is only known after the apply'),
    ...steps(facts)
      .filter(({ before, after }) => after.weight > (before?.weight ?? 0))
      .flatMap((step) => ready(facts, step)),
  ],
};

function ready({ nodes }: Facts, { address, model, release }: Step): Observation[] {
  const groups = nodes.filter((group) => group.model === model && group.release === release);
  if (groups.length === 0) return [];
  const there = groups.filter(
    ({ before, fate }) => before !== undefined && before.count !== 0 && fate.kind === 'kept',
  );
  if (there.some(({ before }) => before?.count !== UNKNOWN)) return [];
  const what = `${model} ${release} gets more traffic`;
  return [
    at(
      model,
      there.length > 0
        ? unknown(address, `${what}, and how many machines it has is not known`)
        : fail(address, `${what}, and has no machine that is there before and after`),
    ),
  ];
}

export const rolloutOpen: Rule = {
  id: 'rollout-open',
  topic: 'traffic',
  title: 'while a rollout is open, nobody else changes its weights',
  why: 'Its steps and its way back count on them.',
  fix: 'Wait until it ends, end it with `fleet canary rollback`, or take it over with --take-over.',
  severity: DENY,
  check: (facts) => {
    const { after, address } = facts.traffic ?? {};
    return (facts.surroundings.openRollouts ?? []).flatMap(({ model, owner, canary, weight }) => {
      const wanted = typeof after === 'object' ? after[model]?.[canary]?.weight : undefined;
      if (after === 'unknown')
        return [unknown(address, `a rollout of ${model} by ${owner} is open, and the weights are not known`)];
      return wanted === undefined || wanted === weight
        ? []
        : [
            at(
              model,
              fail(
                address,
                `a rollout of ${model} by ${owner} is open and holds ${canary} at ${weight} %, the plan wants ${wanted} %`,
              ),
            ),
          ];
    });
  },
};

const MACHINERY =
  /^(aws_instance|aws_launch_template|aws_autoscaling_group|google_compute_instance|google_compute_(region_)?instance_(template|group_manager)|docker_container)$/;

export const weightsNotAlone: Rule = {
  id: 'weights-not-alone',
  topic: 'traffic',
  title: 'a plan changes weights or machines, not both',
  why: 'Whoever approves a change of weights expects that no machine changes, and can then take it back within seconds.',
  fix: 'Make two changes of it, the machines first.',
  severity: DENY_IN_PRODUCTION,
  check: (facts) => {
    const { before, after, address } = facts.traffic ?? {};
    if (before === undefined || after === undefined || after === 'unreadable') return [];
    if (after !== 'unknown' && sameShares(before, after)) return [];
    const others = facts.subjects.filter(
      ({ type, action }) => MACHINERY.test(type) && action !== 'no-op' && action !== 'move',
    );
    const [first] = others;
    if (first === undefined) return [];
    const what = `${first.address}${others.length > 1 ? ` and ${others.length - 1} more` : ''}`;
    return after === 'unknown'
      ? [unknown(address, `whether the weights change with ${what} is only known after the apply`)]
      : [fail(address, `the weights change, and with them ${what}`)];
  },
};

export function sameShares(one: Shares, other: Shares): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(shares: Shares): unknown {
  return Object.entries(shares)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([model, releases]) => [
      model,
      Object.entries(releases)
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([release, { weight, role }]) => [release, weight, role]),
    ]);
}
