import { expect, test } from 'vitest';
import { formatPercent, hasTwoDecimals, toBasisPoints } from '../../contracts/weight.ts';

test.each([
  [33.33, true],
  [33.333, false],
  [0.01, true],
  [0.001, false],
  [100, true],
  [0.07, true],
])('%d has at most two decimals: %s', (percent, expected) => {
  expect(hasTwoDecimals(percent)).toBe(expected);
});

test('thirds add up exactly', () => {
  expect([33.33, 33.33, 33.34].map(toBasisPoints).reduce((sum, weight) => sum + weight)).toBe(10_000);
});

test('basis points are shown as percent with two decimals', () => {
  expect(formatPercent(8421)).toBe('84.21');
});
