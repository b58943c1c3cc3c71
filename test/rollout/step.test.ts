import { expect, test } from 'vitest';
import { RolloutRecord } from '../../contracts/rollout.ts';
import { nextAction } from '../../rollout/next-action.ts';
import { stepRollout } from '../../rollout/step.ts';
import { opened } from './support.ts';

test('the first step is asked for at once, and other releases keep their weights', () => {
  expect(nextAction(opened())).toEqual({
    ...{ action: 'apply', percent: 1, salt: 'r1' },
    weights: { v32: 7425, v33: 75, groq: 2500 },
  });
});

test('a record is what its contract says, and comes back from JSON as it was', () => {
  const record = opened();
  expect(RolloutRecord.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
});

test('a step is watched after the seconds that are ignored, at evenly spread looks', () => {
  const { record, action } = stepRollout(opened(), { event: 'applied', at: 2000, needSeconds: 0 });
  expect(record.state).toMatchObject({ phase: 'judging', since: 2120, until: 2720 });
  expect(action).toEqual({ action: 'sample', since: 2120, at: 2240, look: 1 });
});

test('a step lasts as long as its sample needs, but no longer than allowed', () => {
  const ends = (needSeconds: number) =>
    stepRollout(opened({ longestHoldSeconds: 3000 }), { event: 'applied', at: 0, needSeconds }).record.state;
  expect(ends(1800)).toMatchObject({ until: 1920 });
  expect(ends(9000)).toMatchObject({ until: 3120 });
});

test('a gate waits for an approval', () => {
  const gated = opened({ gates: [1] });
  expect(nextAction(gated)).toMatchObject({ action: 'ask', why: 'gate' });
  const { record, action } = stepRollout(gated, { event: 'approved', at: 1100, by: 'bob' });
  expect(action).toMatchObject({ action: 'apply', percent: 1 });
  expect(record.journal.at(-1)).toMatchObject({ by: 'bob', step: 1 });
});

test('an event that does not belong there changes nothing', () => {
  const record = opened();
  for (const event of ['restored', 'reconciled', 'promoted', 'looked'] as const)
    expect(stepRollout(record, { event, at: 1100 }).record).toBe(record);
  expect(stepRollout(record, { event: 'retried', at: 1100, by: 'bob' }).record).toBe(record);
});

test('an expired rollout is rolled back by whoever finds it', () => {
  const { record, action } = stepRollout(opened(), { event: 'looked', at: 100_001 });
  expect(action).toEqual({ action: 'restore', weights: { v32: 7500, v33: 0, groq: 2500 }, salt: '' });
  expect(record.journal.at(-1)?.sentence).toContain('nobody looked after it until 1970-01-02');
});

test('it does not expire under the process that runs it, however long its deploy took', () => {
  const { record } = stepRollout(opened(), { event: 'applied', at: 200_000, needSeconds: 0 });
  expect(record.state.phase).toBe('judging');
});

test('a rollback ends when routers, file and state have the weights from before', () => {
  const stopped = stepRollout(opened(), { event: 'rolled back', at: 1100, by: 'bob', reason: 'errors' });
  expect(stopped.action).toMatchObject({ action: 'restore' });
  const restored = stepRollout(stopped.record, { event: 'restored', at: 1103 });
  expect(restored.action).toMatchObject({ action: 'reconcile', weights: { v32: 7500, v33: 0, groq: 2500 } });
  const closed = stepRollout(restored.record, { event: 'reconciled', at: 1150 });
  expect(closed.record.state).toEqual({ phase: 'closed', outcome: 'rolled-back', reason: 'errors' });
});

test('a promotion that is not finished can still be rolled back, and does not expire', () => {
  const promoting: RolloutRecord = { ...opened(), state: { phase: 'promoting' } };
  const undone = stepRollout(promoting, { event: 'rolled back', at: 1100, by: 'bob', reason: 'errors' });
  expect(undone.action).toMatchObject({ action: 'restore', weights: { v32: 7500, v33: 0, groq: 2500 } });
  expect(stepRollout(promoting, { event: 'looked', at: 100_001 }).action).toMatchObject({
    action: 'promote',
  });
});

test.each([
  ['pause', 'ask'],
  ['rollback', 'restore'],
  ['advance', 'ask'],
] as const)('blind for too long with on-inconclusive %s: %s', (onInconclusive, expected) => {
  const judging = stepRollout(opened({ onInconclusive }), {
    event: 'applied',
    at: 2000,
    needSeconds: 0,
  }).record;
  const early = stepRollout(judging, { event: 'unsampled', at: 2300, reason: 'connection refused' });
  expect(early.record).toBe(judging);
  const late = stepRollout(judging, { event: 'unsampled', at: 2421, reason: 'connection refused' });
  expect(late.action.action).toBe(expected);
  expect(late.record.journal.at(-1)?.sentence).toContain('connection refused');
});
