import { expect, test } from 'vitest';
import { predictRelease, splitOf, type WeightedRelease } from '../../contracts/split.ts';
import { movesBetween } from '../../contracts/split-moves.ts';
import { seeded } from '../support/seeded.ts';

const releases = (v32: number, v33: number, other: number): WeightedRelease[] => [
  { name: 'v32', role: 'stable', weight: v32 },
  { name: 'v33', role: 'canary', weight: v33 },
  { name: 'public', weight: other },
];
const side = (weighted: readonly WeightedRelease[], salt = '1') => ({ ...splitOf(weighted), salt });

test('a growing canary takes from stable what it grows by, and nobody else moves', () => {
  expect(movesBetween(side(releases(9000, 500, 500)), side(releases(8500, 1000, 500)))).toEqual([
    { from: 'v32', to: 'v33', share: expect.closeTo(0.05, 3) },
  ]);
});

test('a new salt at canary 0 moves nobody', () => {
  expect(movesBetween(side(releases(9500, 0, 500), 'a'), side(releases(9500, 0, 500), 'b'))).toEqual([]);
});

const CASES = [
  [releases(9000, 500, 500), releases(8000, 1500, 500), '1', '1'],
  [releases(9000, 500, 500), releases(8000, 500, 1500), '1', '1'],
  [releases(7000, 2500, 500), releases(7000, 2500, 500), '1', '2'],
  [releases(7000, 2500, 500), releases(0, 0, 10_000), '1', '1'],
  [releases(0, 0, 10_000), releases(5000, 3000, 2000), '1', '2'],
] as const;

test.each(CASES)(
  'agrees with 40,000 predicted conversations, case %#',
  (before, after, saltBefore, saltAfter) => {
    const random = seeded(42);
    const keys = 40_000;
    const counts = new Map<string, number>();
    for (let index = 0; index < keys; index += 1) {
      const key = `${random()}`;
      const pair = `${predictRelease(splitOf(before), saltBefore, key)} ${predictRelease(splitOf(after), saltAfter, key)}`;
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
    const moves = movesBetween(side(before, saltBefore), side(after, saltAfter));
    const moved = [...counts].filter(([pair]) => new Set(pair.split(' ')).size === 2);
    expect(moves.map(({ from, to }) => `${from} ${to}`).toSorted()).toEqual(
      moved.map(([pair]) => pair).toSorted(),
    );
    for (const { from, to, share } of moves) {
      const expected = keys * share;
      const seen = counts.get(`${from} ${to}`) ?? 0;
      expect(Math.abs(seen - expected)).toBeLessThan(6 * Math.sqrt(expected) + 1);
    }
  },
);
