import { expect, test } from 'vitest';
import { createEstimates } from '../../../services/gateway/edge/estimates.ts';
import { seeded } from '../../support/seeded.ts';

/** 300 answers of one model that take that long before their tokens and for each of them. */
function learned(before: number, perToken: number, length: (random: () => number) => number) {
  const random = seeded(1);
  const estimates = createEstimates();
  for (let turn = 0; turn < 300; turn += 1) {
    const completion = length(random);
    const noise = 0.8 + random() * 0.4;
    const milliseconds = (before + perToken * completion) * noise;
    estimates.learn('m', 500, { prompt: 100, completion }, milliseconds);
  }
  return estimates;
}

test.each([
  [0, 1],
  [60, 1],
  [400, 10],
])('after %i ms before tokens and %i ms each, a longer answer is guessed from short ones', (before, each) => {
  const estimates = learned(before, each, (random) => 1 + Math.floor(random() * 40));
  const guess = estimates.tokensIn('m', before + each * 200);
  expect(guess).toBeGreaterThan(150);
  expect(guess).toBeLessThan(250);
});

test('before the first token there are none', () => {
  const estimates = learned(400, 10, (random) => 1 + Math.floor(random() * 40));
  expect(estimates.tokensIn('m', 100)).toBe(0);
});

test('where all answers have one length, all of the time is taken for that of tokens', () => {
  const guess = learned(50, 5, () => 10).tokensIn('m', 1_000);
  expect(guess).toBeGreaterThan(80);
  expect(guess).toBeLessThan(120);
});

test('a model of which nothing was seen: four bytes a token, a hundred tokens a second', () => {
  const estimates = createEstimates();
  expect(estimates.promptTokens('m', 400)).toBe(100);
  expect(estimates.tokensIn('m', 500)).toBe(50);
});
