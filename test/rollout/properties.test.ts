import { randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { isOpen, RolloutRecord } from '../../contracts/rollout.ts';
import type { RolloutEvent } from '../../rollout/events.ts';
import { nextAction } from '../../rollout/next-action.ts';
import type { ReleaseSample, Sample } from '../../rollout/sample.ts';
import { stepRollout } from '../../rollout/step.ts';
import { weightsAt } from '../../rollout/weights.ts';
import { oneOf, seeded } from '../support/seeded.ts';
import { FROM, opened } from './support.ts';

const histogram = (count: number, sum: number) => ({ bounds: [1], counts: [count, 0], sum });
const releaseWith = (errors: number): ReleaseSample => ({
  groups: Array.from({ length: 16 }, (_, index) => ({
    ...{ requests: 2000 + index, errors: errors + (index % 2) },
    firstToken: { warm: histogram(2000 + index, 500 + index) },
    interToken: histogram(2000 + index, 20 + index / 100),
  })),
});
const SAMPLES: readonly [Sample, Sample, Sample] = [
  { seconds: 600, stable: releaseWith(4), canary: releaseWith(4) },
  { seconds: 600, stable: releaseWith(4), canary: releaseWith(100) },
  {
    seconds: 600,
    stable: releaseWith(0),
    canary: { groups: releaseWith(0).groups.map((group) => ({ ...group, requests: 1 })) },
  },
];

/** Any event at all, fitting or not. */
function anyEvent(random: () => number, at: number): RolloutEvent {
  const by = 'bob';
  return oneOf<() => RolloutEvent>(random, [
    () => ({ event: 'looked', at }),
    () => ({ event: 'applied', at, needSeconds: random() * 5000 }),
    () => ({ event: 'sampled', at, sample: oneOf(random, SAMPLES) }),
    () => ({ event: 'unsampled', at, reason: 'no answer' }),
    () => ({ event: 'approved', at, by }),
    () => ({ event: 'retried', at, by }),
    () => ({ event: 'paused', at, by, reason: 'lunch' }),
    () => ({ event: 'rolled back', at, by, reason: 'a hunch' }),
    () => ({ event: 'extended', at, by, expiresAt: at + random() * 50_000 }),
    () => ({ event: 'restored', at }),
    () => ({ event: 'reconciled', at }),
    () => ({ event: 'promoted', at }),
  ])();
}

const PHASES_BACK = ['rolling-back', 'reconciling', 'closed'];
const SEED = randomInt(2 ** 31);

describe(`whatever happens (seed ${SEED})`, () => {
  const random = seeded(SEED);
  const histories = Array.from({ length: 150 }, () => {
    let record = opened({
      gates: random() < 0.5 ? [] : [5, 100],
      onInconclusive: oneOf(random, ['pause', 'advance', 'rollback'] as const),
    });
    const records = [record];
    for (let at = 1000, left = 60; left > 0; left -= 1) {
      at += random() * 900;
      record = stepRollout(record, anyEvent(random, at)).record;
      if (record !== records.at(-1)) records.push(record);
    }
    return records;
  });
  const all = histories.flat();

  test('every record keeps its contract and comes back from JSON as it was', () => {
    for (const record of all) {
      const stored: unknown = JSON.parse(JSON.stringify(record));
      expect(RolloutRecord.parse(stored)).toEqual(stored);
    }
  });

  test('a record that was stored asks for the same as before', () => {
    for (const record of all)
      expect(nextAction(RolloutRecord.parse(JSON.parse(JSON.stringify(record))))).toEqual(nextAction(record));
  });

  test('the journal only grows, by one entry at a time', () => {
    for (const records of histories)
      for (const [index, { journal }] of records.entries()) {
        expect(journal).toHaveLength(index + 1);
        if (index > 0) expect(journal.slice(0, -1)).toEqual(records[index - 1]?.journal);
      }
  });

  test('weights add up to 100, and others than stable and canary keep theirs', () => {
    for (const record of all) {
      const action = nextAction(record);
      if (!('weights' in action)) continue;
      expect(Object.values(action.weights).reduce((sum, weight) => sum + weight, 0)).toBe(10_000);
      expect(action.weights.groq).toBe(FROM.groq);
    }
  });

  test('a step never comes before the one below it, and none is skipped', () => {
    for (const records of histories) {
      const steps = records.flatMap(({ state }) => ('step' in state ? [state.step] : []));
      for (const [index, step] of steps.entries())
        if (index > 0) expect([0, 1]).toContain(step - (steps[index - 1] ?? 0));
    }
  });

  test('from a rollback nothing leads but to its end', () => {
    for (const records of histories) {
      const back = records.findIndex(({ state }) => state.phase === 'rolling-back');
      if (back < 0) continue;
      for (const { state } of records.slice(back)) expect(PHASES_BACK).toContain(state.phase);
    }
  });

  test('it is promoted only after the last step', () => {
    for (const records of histories) {
      const promoting = records.findIndex(({ state }) => state.phase === 'promoting');
      if (promoting > 0) expect(records[promoting - 1]?.state).toMatchObject({ step: 4 });
    }
  });

  test('one who finds it open after its expiry finds it rolling back, promoting or being reconciled', () => {
    for (const record of all.filter(isOpen)) {
      const { phase } = stepRollout(record, { event: 'looked', at: record.expiresAt + 1 }).record.state;
      expect(['rolling-back', 'reconciling', 'promoting']).toContain(phase);
    }
  });

  test('each phase was there', () => {
    const phases = new Set(all.map(({ state }) => state.phase));
    for (const phase of ['gated', 'applying', 'judging', 'paused', 'rolling-back', 'reconciling', 'closed'])
      expect(phases).toContain(phase);
  });
});

/** Does what is asked, with a canary that is as good as stable; `crash` stops and begins again from what was stored. */
function driven(crash: (turn: number) => boolean) {
  let record = opened({ gates: [20] });
  let now = 1000;
  for (let turn = 0; isOpen(record) && turn < 200; turn += 1) {
    const action = nextAction(record);
    const next = stepRollout(record, eventFor(action.action === 'sample' ? action.at : now, action.action));
    now = action.action === 'sample' ? action.at : now;
    if (crash(turn))
      record = stepRollout(RolloutRecord.parse(JSON.parse(JSON.stringify(record))), {
        event: 'looked',
        at: now,
      }).record;
    else record = next.record;
  }
  return record;
}

function eventFor(at: number, action: string): RolloutEvent {
  if (action === 'apply') return { event: 'applied', at, needSeconds: 0 };
  if (action === 'sample') return { event: 'sampled', at, sample: SAMPLES[0] };
  return action === 'ask' ? { event: 'approved', at, by: 'bob' } : { event: 'promoted', at };
}

test('a driver that dies before every second record is written ends where one that lives does', () => {
  const alive = driven(() => false);
  expect(alive.state).toMatchObject({ phase: 'closed', outcome: 'promoted' });
  const dying = driven((turn) => turn % 2 === 0);
  expect({ ...dying, journal: dying.journal.map(({ event }) => event) }).toEqual({
    ...alive,
    journal: alive.journal.map(({ event }) => event),
  });
});

test.each([
  [1, { v32: 7425, v33: 75, groq: 2500 }],
  [50, { v32: 3750, v33: 3750, groq: 2500 }],
  [100, { v32: 0, v33: 7500, groq: 2500 }],
])('at %d %% of the band the weights are %j', (percent, expected) => {
  expect(weightsAt({ from: FROM, stable: 'v32', canary: 'v33' }, percent)).toEqual(expected);
});

test('a canary of a tiny band gets a hundredth of a percent at least, and never more than the band', () => {
  const arms = { stable: 'v32', canary: 'v33' };
  expect(weightsAt({ ...arms, from: { v32: 10, v33: 0, groq: 9990 } }, 1)).toMatchObject({ v32: 9, v33: 1 });
  expect(weightsAt({ ...arms, from: { v32: 0, v33: 0, groq: 10_000 } }, 1)).toMatchObject({ v32: 0, v33: 0 });
});
