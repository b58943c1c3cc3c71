import { describe, expect, test } from 'vitest';
import { boundaries } from '../../rollout/boundaries.ts';
import { normalCdf, normalQuantile, tQuantile, upperBinomial, upperT } from '../../rollout/distributions.ts';
import { designEffects, farringtonManning, meanOf } from '../../rollout/scores.ts';

describe('distributions, as scipy 1.17.1 has them', () => {
  test.each([
    [-8, 6.22096057427174e-16],
    [-3.5, 0.00023262907903552502],
    [-1.959963984540054, 0.025],
    [0.3, 0.6179114221889526],
    [2.5, 0.9937903346742238],
  ])('norm.cdf(%d)', (z, expected) => {
    expect(normalCdf(z) / expected).toBeCloseTo(1, 12);
  });

  test.each([
    [2.5, 15, 0.012252901623256913],
    [4.2, 30, 0.00010989421710800989],
    [-1.3, 7.5, 0.8839366105921956],
    [0.2, 3, 0.4271351646231395],
    [6, 12.3, 2.8035840359641085e-5],
  ])('t.sf(%d, %d)', (t, df, expected) => {
    expect(upperT(t, df) / expected).toBeCloseTo(1, 11);
  });

  test.each([
    [0.05, 15, 1.7530503556925725],
    [0.0125, 30, 2.3595624587009287],
    [0.0005, 22, 3.792130671698392],
  ])('t.isf(%d, %d)', (upper, df, expected) => {
    expect(tQuantile(upper, df)).toBeCloseTo(expected, 9);
  });

  test.each([
    [5, 20, 0.1, 0.04317449528446339],
    [3, 400, 0.01, 0.7633680814519838],
    [60, 1000, 0.05, 0.08673217838486103],
    [1, 7, 0.2, 0.7902848],
  ])('binom.sf of %d or more in %d at %d', (successes, trials, p, expected) => {
    expect(upperBinomial(successes, trials, p)).toBeCloseTo(expected, 10);
  });
});

/** O'Brien and Fleming's shape as an error spending function (Lan & DeMets 1983), one-sided. */
function obrienFleming(alpha: number) {
  return (fraction: number) => 2 * normalCdf(-normalQuantile(alpha / 2) / Math.sqrt(fraction));
}

describe('bounds of sequential looks', () => {
  const fifths = [0.2, 0.4, 0.6, 0.8, 1];

  test("five looks with O'Brien and Fleming's spending have the published bounds of ldbounds and gsDesign", () => {
    const bounds = boundaries(fifths, fifths.map(obrienFleming(0.025)));
    for (const [index, published] of [4.8769, 3.3569, 2.6803, 2.2898, 2.031].entries())
      expect(Math.abs((bounds[index] ?? 0) - published)).toBeLessThan(2e-4);
  });

  test.each([
    [fifths, 0.0025, 1, [3.290527, 3.249506, 3.202013, 3.158075, 3.118468]],
    [[0.1, 0.35, 1], 0.05, 1, [2.575829, 2.208606, 1.773464]],
    [[0.25, 0.5, 0.75, 1], 0.025, 2, [2.955167, 2.559321, 2.300814, 2.091913]],
    [[0.5, 0.6, 0.9, 1], 0.01, 3, [3.023341, 2.949568, 2.499259, 2.449745]],
  ])(
    'looks at %j of alpha %d with exponent %d are those of spotify-confidence 4.1.0',
    (looks, alpha, exponent, expected) => {
      const bounds = boundaries(
        looks,
        looks.map((fraction) => alpha * fraction ** exponent),
      );
      for (const [index, bound] of bounds.entries())
        expect(Math.abs(bound - (expected[index] ?? 0))).toBeLessThan(1e-4);
    },
  );

  test('a look that may spend nothing is never passed', () => {
    expect(boundaries([0.5, 1], [0, 0.05])).toEqual([Number.POSITIVE_INFINITY, expect.closeTo(1.6449, 3)]);
  });
});

describe('the score test', () => {
  test.each([
    [6, 1000, 55, 10_000, 0.005, -1.375780869206634],
    [0, 700, 30, 6000, 0.02, -4.235437463681747],
    [40, 2000, 100, 20_000, 0, 8.04347096552104],
    [25, 3000, 20, 3000, 0.005, -1.448318091252829],
    [90, 3000, 20, 3000, 0.005, 5.492328045239532],
  ])(
    '%d of %d against %d of %d and margin %d, as scipy 1.17.1 finds it by maximising the likelihood',
    (c, nc, s, ns, margin, expected) => {
      const { z } = farringtonManning({ pc: c / nc, nc, ps: s / ns, ns }, margin);
      expect(z).toBeCloseTo(expected, 6);
    },
  );
});

describe('variance between groups of conversations', () => {
  const groups = (totals: readonly number[]) => totals.map((total) => ({ count: 100, total }));

  test('of equal groups is that of their totals', () => {
    const { mean, variance, df } = meanOf(groups([1, 3, 5, 7]));
    expect({ mean, df }).toEqual({ mean: 0.04, df: 3 });
    expect(variance).toBeCloseTo((20 * 4) / 3 / 400 ** 2, 15);
  });

  test('twenty turns that fail together weigh as few', () => {
    const together = groups([20, 0, 0, 0, 20, 0, 0, 0, 0, 0]);
    expect(designEffects({ stable: together, canary: together }).canary).toBeCloseTo(18.5, 1);
  });

  test('is never taken for less than that of independent requests', () => {
    const even = groups([4, 4, 4, 4]);
    expect(designEffects({ stable: even, canary: even })).toEqual({ stable: 1, canary: 1 });
  });
});
