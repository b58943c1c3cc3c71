import { isOpen, type JournalEntry, type RolloutRecord } from '../../contracts/rollout.ts';
import type { RunResult } from '../commands/canary-run.ts';
import { printRolloutPlan } from './canary-plan.ts';
import type { Paint } from './style.ts';

/** The plan alone with --dry-run, else how it ended. */
export function printRun({ plan, record }: RunResult, paint: Paint): string {
  if (record !== undefined) return printRollout(record, paint);
  return plan === undefined
    ? ''
    : `${printRolloutPlan(plan, paint)}\n${paint('yellow', 'nothing was changed (--dry-run)')}`;
}

/** How a rollout ended, or where it stands. */
export function printRollout(record: RolloutRecord, paint: Paint): string {
  const { id, model, canary, state } = record;
  const what = `${id}: ${canary} of ${model}`;
  if (state.phase !== 'closed') return paint('yellow', `${what} is open (${state.phase})`);
  const promoted = state.outcome === 'promoted';
  return paint(
    promoted ? 'green' : 'red',
    `${what} ${promoted ? 'is promoted' : 'was rolled back'}: ${state.reason}`,
  );
}

/** Rollouts with their journals, the latest first. */
export function printHistory(records: readonly RolloutRecord[], paint: Paint): string {
  if (records.length === 0) return 'no rollouts yet';
  return records
    .map((record) =>
      [
        `${printRollout(record, paint)}${isOpen(record) ? `, by ${record.owner}` : ''}`,
        ...record.journal.map((entry) => `  ${entryText(entry)}`),
      ].join('\n'),
    )
    .join('\n\n');
}

function entryText({ at, step, sentence }: JournalEntry): string {
  const time = new Date(at * 1000).toISOString().replace('T', ' ').replace(/\.\d+/, '');
  return `${time}  ${step === undefined ? '' : `${step} %  `}${sentence}`;
}
