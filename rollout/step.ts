import {
  ASPECTS,
  type JournalEntry,
  type RolloutRecord,
  type RolloutState,
  type Verdict,
} from '../contracts/rollout.ts';
import type { RolloutSettings } from '../contracts/rollout-settings.ts';
import { nominalLevels } from './boundaries.ts';
import type { RolloutEvent, Stepped } from './events.ts';
import { judge } from './judge.ts';
import { lookDue, nextAction, percentOf } from './next-action.ts';
import { weightsAt } from './weights.ts';

/** What a rollout is opened with. */
export interface Opening
  extends Pick<
    RolloutRecord,
    'id' | 'environment' | 'model' | 'stable' | 'canary' | 'salt' | 'saltBefore' | 'from' | 'owner'
  > {
  readonly at: number;
  readonly expiresAt: number;
  readonly settings: RolloutSettings;
}

/**
 * Alpha is for the whole rollout: each of its steps and aspects gets the same part of it (Bonferroni), which its looks
 * spend evenly.
 */
function harmLevels({ alpha, steps, looks }: RolloutSettings): number[] {
  const fractions = Array.from({ length: looks }, (_, index) => (index + 1) / looks);
  return nominalLevels(fractions, alpha / (steps.length * ASPECTS.length));
}

/** @throws Error if the weights name other releases than the two, or the canary is stable. */
export function openRollout({ at, ...opening }: Opening): Stepped {
  const { stable, canary, from, owner, settings } = opening;
  for (const release of [stable, canary])
    if (from[release] === undefined)
      throw new Error(`rollout: no weight is known of ${release}; known are ${Object.keys(from).join(', ')}`);
  if (stable === canary) throw new Error(`rollout: canary and stable are both ${stable}`);
  const percent = settings.steps.at(-1) ?? 100;
  const record: RolloutRecord = {
    format: 1,
    ...opening,
    to: weightsAt(opening, percent),
    harmLevels: harmLevels(settings),
    openedAt: at,
    state: entering(settings, 0),
    journal: [
      { at, event: 'opened', sentence: `${owner} opened it: ${settings.steps.join(', ')} %`, by: owner },
    ],
  };
  return { record, action: nextAction(record) };
}

/**
 * The next record and what it asks for. An event that does not belong to where the rollout stands changes nothing, so
 * that events may be told twice.
 */
export function stepRollout(record: RolloutRecord, event: RolloutEvent): Stepped {
  const change = isExpired(record, event) ? expired(record) : changeOf(record, event);
  if (change === undefined) return { record, action: nextAction(record) };
  const { state, expiresAt = record.expiresAt, ...entry } = change;
  const step = 'step' in record.state ? percentOf(record, record.state.step) : undefined;
  const journal = [...record.journal, { at: event.at, step, ...entry }];
  const next = { ...record, state, expiresAt, journal };
  return { record: next, action: nextAction(next) };
}

/** Where an event leads, and what the journal says of it. */
interface Change extends Omit<JournalEntry, 'at' | 'step'> {
  readonly state: RolloutState;
  readonly expiresAt?: number;
}

const STEPPING: readonly RolloutState['phase'][] = ['gated', 'applying', 'judging', 'paused'];

/** Only whoever finds a rollout asks: the process that runs it looks after it, however long a deploy takes. */
function isExpired({ state, expiresAt }: RolloutRecord, { event, at }: RolloutEvent): boolean {
  return event === 'looked' && at > expiresAt && STEPPING.includes(state.phase);
}

function expired({ expiresAt }: RolloutRecord): Change {
  const reason = `nobody looked after it until ${new Date(expiresAt * 1000).toISOString()}`;
  return rollback('expired', reason);
}

function rollback(event: string, reason: string, more: Pick<JournalEntry, 'by' | 'verdict'> = {}): Change {
  return { event, sentence: `Rolls back: ${reason}`, ...more, state: { phase: 'rolling-back', reason } };
}

function changeOf(record: RolloutRecord, event: RolloutEvent): Change | undefined {
  const { state } = record;
  switch (event.event) {
    case 'looked':
      return undefined;
    case 'applied':
      return state.phase === 'applying' ? applied(record, state.step, event) : undefined;
    case 'sampled':
      return state.phase === 'judging' ? sampled(record, state, event) : undefined;
    case 'unsampled':
      return state.phase === 'judging' ? unsampled(record, state, event) : undefined;
    case 'approved':
      return approved(record, event.by);
    case 'retried':
      return state.phase === 'paused'
        ? {
            ...{ event: 'retried', by: event.by, sentence: `${event.by} has the step watched once more` },
            state: { phase: 'applying', step: state.step },
          }
        : undefined;
    case 'paused':
      return STEPPING.includes(state.phase) && 'step' in state
        ? {
            ...{ event: 'paused', by: event.by, sentence: `${event.by} paused it: ${event.reason}` },
            state: { phase: 'paused', step: state.step, reason: event.reason },
          }
        : undefined;
    case 'rolled back':
      return STEPPING.includes(state.phase) || state.phase === 'promoting'
        ? rollback(event.event, event.reason, { by: event.by })
        : undefined;
    case 'extended':
      return STEPPING.includes(state.phase) && event.expiresAt > record.expiresAt
        ? {
            ...{ event: 'extended', by: event.by, state, expiresAt: event.expiresAt },
            sentence: `Expires ${new Date(event.expiresAt * 1000).toISOString()}`,
          }
        : undefined;
    case 'restored':
      return state.phase === 'rolling-back'
        ? {
            ...{ event: 'restored', sentence: 'Every router has the weights from before' },
            state: { phase: 'reconciling', reason: state.reason },
          }
        : undefined;
    case 'reconciled':
      return state.phase === 'reconciling'
        ? {
            ...{ event: 'reconciled', sentence: 'File, state and routers agree' },
            state: { phase: 'closed', outcome: 'rolled-back', reason: state.reason },
          }
        : undefined;
    case 'promoted':
      return state.phase === 'promoting'
        ? {
            ...{ event: 'promoted', sentence: `${record.canary} is promoted` },
            state: { phase: 'closed', outcome: 'promoted', reason: 'every step was passed' },
          }
        : undefined;
  }
}

function applied(
  { settings }: RolloutRecord,
  step: number,
  { at, needSeconds }: Extract<RolloutEvent, { event: 'applied' }>,
): Change {
  const { settleSeconds, holdSeconds, longestHoldSeconds } = settings;
  const since = at + settleSeconds;
  const hold = Math.max(holdSeconds, Math.min(needSeconds, longestHoldSeconds));
  return {
    event: 'applied',
    sentence: `Every router has the step's weights; watched for ${Math.round(hold)} s after ${settleSeconds} s that are ignored`,
    state: { phase: 'judging', step, since, until: since + hold, looks: [], seenAt: since },
  };
}

type Judging = Extract<RolloutState, { phase: 'judging' }>;

function sampled(
  record: RolloutRecord,
  state: Judging,
  { at, sample }: Extract<RolloutEvent, { event: 'sampled' }>,
): Change | undefined {
  const { settings } = record;
  const number = lookDue(state, settings.looks, at);
  if (number <= (state.looks.at(-1)?.number ?? 0)) return undefined;
  const verdict = judge({
    ...{ settings, percent: percentOf(record, state.step), number, sample },
    harmLevel: record.harmLevels[number - 1] ?? 0,
    baseline: baselineOf(record),
  });
  const looks = [...state.looks, { number, at, verdict }];
  const seen: Change = {
    ...{ event: 'sampled', sentence: verdict.sentence, verdict },
    state: { ...state, looks, seenAt: at },
  };
  if (verdict.verdict === 'fail') return rollback('failed', verdict.sentence, { verdict });
  if (number < settings.looks) return seen;
  if (verdict.verdict === 'pass') return { ...seen, event: 'passed', state: after(record, state.step) };
  return { ...undecided(record, state.step, verdict.sentence, settings.onInconclusive), verdict };
}

/** Blind for too long counts as inconclusive; nobody advances without having looked. */
function unsampled(
  record: RolloutRecord,
  { step, seenAt }: Judging,
  { at, reason }: Extract<RolloutEvent, { event: 'unsampled' }>,
): Change | undefined {
  const { blindSeconds, onInconclusive } = record.settings;
  if (at - seenAt < blindSeconds) return undefined;
  const sentence = `No sample for ${Math.round(at - seenAt)} s: ${reason}`;
  return undecided(record, step, sentence, onInconclusive === 'rollback' ? 'rollback' : 'pause');
}

function undecided(
  record: RolloutRecord,
  step: number,
  reason: string,
  then: RolloutSettings['onInconclusive'],
): Change {
  if (then === 'rollback') return rollback('inconclusive', reason);
  const state: RolloutState = then === 'pause' ? { phase: 'paused', step, reason } : after(record, step);
  return { event: 'inconclusive', sentence: reason, state };
}

function approved(record: RolloutRecord, by: string): Change | undefined {
  const { state } = record;
  if (state.phase === 'gated')
    return {
      ...{ event: 'approved', by, sentence: `${by} approved the step` },
      state: { phase: 'applying', step: state.step },
    };
  if (state.phase !== 'paused') return undefined;
  return {
    event: 'approved',
    by,
    sentence: `${by} goes on without a verdict`,
    state: after(record, state.step),
  };
}

function after({ settings }: RolloutRecord, step: number): RolloutState {
  return step + 1 < settings.steps.length ? entering(settings, step + 1) : { phase: 'promoting' };
}

function entering({ steps, gates }: RolloutSettings, step: number): RolloutState {
  return { phase: gates.includes(steps[step] ?? 0) ? 'gated' : 'applying', step };
}

/** What stable was like when it was last seen beside the canary. */
function baselineOf({ journal }: RolloutRecord): Verdict['aspects'] {
  return journal.findLast(({ verdict }) => (verdict?.aspects.length ?? 0) > 0)?.verdict?.aspects ?? [];
}
