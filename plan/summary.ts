import { type Cost, costOf } from './cost.ts';
import type { Facts } from './facts.ts';
import { reasonOf } from './fate.ts';
import type { Action } from './plan-json.ts';
import { sameShares } from './rules/traffic.ts';
import type { Shares } from './traffic.ts';

/** One resource that a plan changes. */
export interface ChangedResource {
  readonly address: string;
  readonly action: Action;
  /** Where it was in the code before. */
  readonly from?: string;
  /** Why it is replaced or destroyed. */
  readonly reason?: string;
}

/** What a plan does, without judging it. */
export interface Summary {
  readonly counts: Readonly<Record<Exclude<Action, 'no-op' | 'read'>, number>>;
  /** What goes first, then what comes. */
  readonly changes: readonly ChangedResource[];
  readonly outputs: readonly string[];
  readonly traffic?: { readonly before?: Shares; readonly after?: Shares };
  /** Proven: the object that holds the weights is updated in place, and nothing else changes. */
  readonly weightsOnly: boolean;
  readonly cost: Cost;
  /** Whether the plan changes nothing at all. */
  readonly empty: boolean;
}

/** One word for each action, as Markdown. */
export const MARKS: Readonly<Record<Action, string>> = {
  delete: '**destroy**',
  replace: '**replace**',
  forget: '**forget**',
  update: 'change',
  create: 'create',
  import: 'import',
  move: 'move',
  read: 'read',
  'no-op': 'keep',
};

/** The object that holds the weights: `aws_s3_object.router_weights`. */
export const WEIGHTS_OBJECT = /\.router_weights$/;

const ORDER: readonly Action[] = ['delete', 'replace', 'forget', 'update', 'create', 'import', 'move'];

export function summaryOf(facts: Facts): Summary {
  const changes =
    facts.plan === undefined
      ? []
      : facts.subjects
          .filter(({ action }) => ORDER.includes(action))
          .flatMap(({ change }) => (change === undefined ? [] : [change]));
  const counts = Object.fromEntries(
    ORDER.map((action) => [action, changes.filter((change) => change.action === action).length]),
  );
  const outputs = (facts.plan?.outputs ?? [])
    .filter(({ changes: changed }) => changed)
    .map(({ name }) => name);
  const { before, after } = facts.traffic ?? {};
  const shares = typeof after === 'object' ? after : undefined;
  const [only] = changes;
  return {
    counts: counts as Summary['counts'],
    changes: changes
      .map(({ address, action, previousAddress, ...change }) => ({
        address,
        action,
        ...(previousAddress === undefined ? {} : { from: previousAddress }),
        ...(action === 'delete' || action === 'replace'
          ? { reason: reasonOf({ address, action, ...change }) }
          : {}),
      }))
      .toSorted((a, b) => ORDER.indexOf(a.action) - ORDER.indexOf(b.action)),
    outputs,
    ...(before === undefined && shares === undefined ? {} : { traffic: { before, after: shares } }),
    weightsOnly:
      changes.length === 1 &&
      only?.action === 'update' &&
      WEIGHTS_OBJECT.test(only.address) &&
      before !== undefined &&
      shares !== undefined &&
      !sameShares(before, shares),
    cost: costOf(facts.nodes, facts.surroundings),
    empty: changes.length === 0 && outputs.length === 0,
  };
}
