import { type Arm, type ModelSplit, OWN_BAND } from './split.ts';
import { FULL_WEIGHT } from './weight.ts';

/** One side of a change: a model's splits and the salt of the second one. */
export interface SaltedSplit extends ModelSplit {
  readonly salt: string;
}

/** Conversations that go from one release to another. */
export interface Move {
  readonly from: string;
  readonly to: string;
  /** Share of all conversations of the model, 0 to 1. */
  readonly share: number;
}

/**
 * Which conversations a change of weights moves, computed from the two splits' intervals: both splits hash
 * independently, and a new salt draws stable and canary anew. Moves below a hundredth of a percent are kept.
 */
export function movesBetween(before: SaltedSplit, after: SaltedSplit): Move[] {
  const moves = new Map<string, Move>();
  const add = (from: string, to: string, share: number) => {
    if (from === to || share === 0) return;
    const key = `${from} ${to}`;
    moves.set(key, { from, to, share: (moves.get(key)?.share ?? 0) + share });
  };
  for (const { from, to, share } of overlaps(before.band, after.band)) {
    const leaving = from === OWN_BAND ? sharesOf(before.own) : [{ value: from, share: 1 }];
    const coming = to === OWN_BAND ? sharesOf(after.own) : [{ value: to, share: 1 }];
    const pairs =
      from === OWN_BAND && to === OWN_BAND && before.salt === after.salt
        ? overlaps(before.own, after.own)
        : leaving.flatMap((one) =>
            coming.map((other) => ({ from: one.value, to: other.value, share: one.share * other.share })),
          );
    for (const pair of pairs) add(pair.from, pair.to, share * pair.share);
  }
  return [...moves.values()].toSorted((a, b) => b.share - a.share);
}

/** How much of the hash's range lies in an arm before and an arm after. */
function overlaps(before: readonly Arm[], after: readonly Arm[]): Move[] {
  const earlier = intervals(before);
  return intervals(after).flatMap(({ value: to, start, end }) =>
    earlier.flatMap(({ value: from, ...old }) => {
      const share = (Math.min(end, old.end) - Math.max(start, old.start)) / FULL_WEIGHT;
      return share > 0 ? [{ from, to, share }] : [];
    }),
  );
}

interface Interval {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** As `split_clients` cuts the range: arm after arm, the last one takes the rest. */
function intervals(arms: readonly Arm[]): Interval[] {
  let start = 0;
  return arms.map(({ value, share }, index) => {
    const end = index === arms.length - 1 ? FULL_WEIGHT : start + share;
    const interval = { value, start, end };
    start = end;
    return interval;
  });
}

function sharesOf(arms: readonly Arm[]): { readonly value: string; readonly share: number }[] {
  return intervals(arms).map(({ value, start, end }) => ({ value, share: (end - start) / FULL_WEIGHT }));
}
