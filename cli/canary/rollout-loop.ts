import type { JournalEntry, RolloutRecord } from '../../contracts/rollout.ts';
import type { RolloutAction, RolloutEvent } from '../../rollout/events.ts';
import { stepRollout } from '../../rollout/step.ts';

/** Does what a record asks for. Each may be done again after a crash, so each must be harmless when repeated. */
export type Perform = (
  record: RolloutRecord,
  action: Exclude<RolloutAction, { action: 'none' }>,
) => Promise<RolloutEvent>;

export interface RolloutLoopProps {
  /** @param seen what was stored before, as far as this process knows */
  readonly save: (record: RolloutRecord, seen: RolloutRecord) => Promise<void>;
  readonly perform: Perform;
  /** Told of every new journal entry. */
  readonly told: (entry: JournalEntry, record: RolloutRecord) => void;
}

/**
 * Runs a rollout until it is closed: the record is written before the action that it asks for, so that whoever finds
 * it after a crash does that action again.
 * @param event what begins it: a look at the record, or what an operator decided
 */
export async function runRollout(
  found: RolloutRecord,
  event: RolloutEvent,
  { save, perform, told }: RolloutLoopProps,
): Promise<RolloutRecord> {
  let { record, action } = stepRollout(found, event);
  let saved = found;
  for (;;) {
    if (record !== saved) await save(record, saved);
    for (const entry of record.journal.slice(saved.journal.length)) told(entry, record);
    saved = record;
    if (action.action === 'none') return record;
    ({ record, action } = stepRollout(record, await perform(record, action)));
  }
}
