import { expect, test } from 'vitest';
import { amountOf, picoDollarsPerToken, toDollars } from '../../contracts/price.ts';

test('a million tokens cost what the price says', () => {
  const { total } = amountOf(
    { prompt: 1_000_000, cached: 0, completion: 1_000_000 },
    { input: 0.15, output: 0.6 },
  );
  expect(toDollars(total)).toBe(0.75);
});

test.each([
  [0.15, 150_000],
  [0.01, 10_000],
  [0.075, 75_000],
  [0, 0],
])('$%d per million is %d pico-dollars per token', (usd, pico) => {
  expect(picoDollarsPerToken(usd)).toBe(pico);
});

test('cached tokens are charged at their own price and not twice', () => {
  const price = { input: 0.15, cachedInput: 0.075, output: 0.6 };
  expect(amountOf({ prompt: 100, cached: 60, completion: 10 }, price)).toEqual({
    input: 40 * 150_000,
    cachedInput: 60 * 75_000,
    output: 10 * 600_000,
    total: 40 * 150_000 + 60 * 75_000 + 10 * 600_000,
  });
});

test('unknown cached tokens are charged in full', () => {
  const price = { input: 0.15, cachedInput: 0.075, output: 0.6 };
  expect(amountOf({ prompt: 100, completion: 0 }, price).total).toBe(100 * 150_000);
});
