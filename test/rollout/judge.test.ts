import { describe, expect, test } from 'vitest';
import { RolloutSettings } from '../../contracts/rollout-settings.ts';
import { judge, type Question } from '../../rollout/judge.ts';
import { planStep } from '../../rollout/plan.ts';
import type { Group, Histogram, ReleaseSample } from '../../rollout/sample.ts';
import { randomOf, SAME, simulatedBaseline } from './simulated-rollout.ts';
import { type Behaviour, simulateTraffic } from './simulated-traffic.ts';

const settings = RolloutSettings.parse({});
const seed = 20_261_124;

/** A step of simulated traffic with a fixed seed, judged at one look. */
function judged(
  canary: Behaviour,
  more: Partial<Question> & { readonly share?: number; readonly seconds?: number } = {},
) {
  const { share = 0.5, seconds = 2400, ...question } = more;
  const traffic = simulateTraffic({
    ...{ random: randomOf(seed), requestsPerSecond: 40, settleSeconds: 120, seconds, looks: 5 },
    ...{ share, shareBefore: share, canary },
  });
  return judge({
    ...{ settings, percent: 50, number: 5, harmLevel: 0.0005, baseline: [] },
    sample: { seconds, ...traffic.upTo(5) },
    ...question,
  });
}

test('a canary that is as good as stable passes at the last look, and goes on before it', () => {
  expect(judged(SAME)).toMatchObject({ verdict: 'pass', guards: [] });
  expect(judged(SAME, { number: 4 })).toMatchObject({ verdict: 'inconclusive' });
});

test('a canary that fails more often fails at any look, and the sentence says by how much', () => {
  const { verdict, sentence, aspects } = judged({ ...SAME, moreErrors: 0.03 }, { number: 1 });
  expect(verdict).toBe('fail');
  expect(sentence).toMatch(
    /^The canary is worse than stable: errors [23]\.\d\d % of 4\d,\d{3}, stable 0\.\d\d % of/,
  );
  expect(aspects[0]).toMatchObject({ aspect: 'errors', margin: 0.005 });
});

test.each([
  ['first tokens', { moreErrors: 0, slower: 1.5 }, /time to first token/],
  ['gaps between tokens', { moreErrors: 0, slower: 1.5 }, /time between tokens/],
])('a canary with slower %s fails', (_case, canary, sentence) => {
  expect(judged(canary)).toMatchObject({ verdict: 'fail', sentence: expect.stringMatching(sentence) });
});

test('what cannot be told from the margin is not decided', () => {
  const { verdict, sentence } = judged({ ...SAME, moreErrors: 0.003 }, { harmLevel: 1e-9, seconds: 200 });
  expect(verdict).toBe('inconclusive');
  expect(sentence).toMatch(
    /^Not decided: errors .*: \+0\.50 points cannot be excluded \(p 0\.\d+, needs 0\.050\)/,
  );
});

const histogram = (count: number, seconds: number): Histogram => ({
  bounds: [1],
  counts: [count, 0],
  sum: seconds,
});

/** A release whose groups are all alike, but for a little that is not. */
function release(group: Partial<Group>): ReleaseSample {
  const none: Group = { requests: 0, errors: 0, firstToken: {}, interToken: histogram(0, 0) };
  const groups = Array.from({ length: 16 }, (_, index) => ({
    ...{ ...none, ...group },
    requests: (group.requests ?? 0) + (index % 2),
  }));
  return { groups };
}

const ask = (stable: ReleaseSample, canary: ReleaseSample, more: Partial<Question> = {}) =>
  judge({
    ...{ settings, percent: 50, number: 5, harmLevel: 0.0005, baseline: [] },
    sample: { seconds: 600, stable, canary },
    ...more,
  });

describe('a sample that says little', () => {
  test('no request at all is not decided, and not a pass', () => {
    expect(ask(release({}), release({}))).toMatchObject({ verdict: 'inconclusive' });
  });

  test('no error in few requests does not prove that there are none', () => {
    expect(ask(release({ requests: 20 }), release({ requests: 20 }))).toMatchObject({
      verdict: 'inconclusive',
      sentence: expect.stringContaining('+0.50 points cannot be excluded'),
    });
  });

  test('traffic without streams is judged by its errors alone', () => {
    const { verdict, aspects } = ask(
      release({ requests: 2000, errors: 2 }),
      release({ requests: 2000, errors: 2 }),
    );
    expect(verdict).toBe('pass');
    expect(aspects.map(({ aspect }) => aspect)).toEqual(['errors']);
  });
});

describe('bounds', () => {
  test('a canary that answers less than half of its share is not there', () => {
    expect(ask(release({ requests: 500 }), release({ requests: 5 }))).toMatchObject({
      verdict: 'fail',
      guards: [expect.stringMatching(/^it answered \d+ requests where 8,?008 were its share$/)],
    });
  });

  test('a canary that nobody reaches is not there either', () => {
    expect(ask(release({ requests: 500 }), release({}), { number: 1 })).toMatchObject({ verdict: 'fail' });
  });

  test('a canary beyond an absolute bound fails; if stable is too, nothing is decided', () => {
    const sick = release({ requests: 200, errors: 40 });
    const stable = release({ requests: 200, errors: 38 });
    expect(ask(stable, sick)).toMatchObject({
      verdict: 'inconclusive',
      sentence: expect.stringMatching(
        /^Canary and stable are sick alike: it fails 19\.\d\d %, allowed 10\.00 %/,
      ),
    });
    const alone = ask(release({}), sick, { percent: 100 });
    expect(alone).toMatchObject({ verdict: 'fail', sentence: expect.stringContaining('allowed 10.00 %') });
  });

  test('a canary that has lost its prefix cache fails, although warm and cold are compared apart', () => {
    const caches = (warm: number, cold: number) =>
      release({
        requests: 100,
        firstToken: { warm: histogram(warm, warm * 0.2), cold: histogram(cold, cold * 0.9) },
      });
    expect(ask(caches(80, 20), caches(2, 98))).toMatchObject({
      verdict: 'fail',
      guards: ["98.00 % of its prompts are not in its prefix cache, 20.00 % of stable's"],
    });
  });

  test('alone at the last step it is held against what stable was beside it', () => {
    const { aspects: baseline } = judged(SAME);
    const alone = (canary: Behaviour) => {
      const slow = simulateTraffic({
        ...{ random: randomOf(seed), requestsPerSecond: 20, settleSeconds: 120, seconds: 600, looks: 1 },
        ...{ share: 1, shareBefore: 1, canary },
      });
      return ask(release({}), slow.upTo(1).canary, { percent: 100, baseline });
    };
    expect(alone(SAME)).toMatchObject({ verdict: 'pass' });
    expect(alone({ ...SAME, moreErrors: 0.05 })).toMatchObject({
      verdict: 'fail',
      sentence: expect.stringMatching(
        /^The canary alone is worse than stable was: errors: 5\.\d\d %, stable had 0\./,
      ),
    });
  });
});

describe('cold prefix caches', () => {
  const mix = (warm: number, cold: number) =>
    release({
      requests: warm + cold,
      firstToken: { warm: histogram(warm, warm * 0.2), cold: histogram(cold, cold * 0.9) },
    });

  test('another mix of warm and cold is no difference', () => {
    const first = ask(mix(700, 300), mix(500, 500)).aspects.find(({ aspect }) => aspect === 'first_token');
    expect(first?.effect).toBeCloseTo(1, 10);
  });
});

describe('what a step needs', () => {
  const simulation = { settings, requestsPerSecond: 20, random: randomOf(seed) };
  const baseline = simulatedBaseline(simulation);
  const plan = (percent: number, more: Partial<RolloutSettings> = {}, requestsPerSecond = 20) =>
    planStep({ settings: { ...settings, ...more }, percent, baseline, requestsPerSecond });

  test('is said in words', () => {
    expect(plan(50).sentence).toMatch(
      /^50 % needs \d+,\d{3} requests, \d+,\d{3} of them to the canary, for errors: \d+ min at the present rate, held for \d+ min$/,
    );
  });

  test('a canary of half the margin takes four times as many, twice the traffic half as long', () => {
    expect(plan(50, { errorMargin: 0.0025 }).requests / plan(50).requests).toBeGreaterThan(3);
    expect(plan(50, {}, 40).seconds).toBeCloseTo(plan(50).seconds / 2, 5);
  });

  test('without traffic it never ends, and the sentence says so', () => {
    expect(plan(50, {}, 0).sentence).toMatch(/: there is no traffic now$/);
  });

  test('the last step has nothing to be compared with', () => {
    expect(plan(100)).toMatchObject({
      requests: 0,
      sentence: '100 %: held for 10 min, judged by bounds alone',
    });
  });
});
