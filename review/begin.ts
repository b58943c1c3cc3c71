import { z } from 'zod';
import type { Forge, PullRequest } from './forge.ts';
import type { Job } from './journal.ts';
import { readSettings, SETTINGS_FILE, type Settings, SettingsError } from './settings.ts';
import { SUMMARY_MARKER, stateOf } from './summary.ts';

/** What a review starts from. Kept, because the summary that is written at its end would say something else. */
export const BeginSchema = z.object({
  baseCommit: z.string(),
  intent: z.string(),
  /** The commit that was reviewed last; absent: none was. */
  since: z.string().optional(),
  spentUsd: z.number().nullable(),
  pushes: z.number(),
  fork: z.boolean(),
  bot: z.boolean(),
});

export type Begin = z.infer<typeof BeginSchema>;

const MOST_INTENT = 2_000;

/** Why a pull request is not reviewed now; undefined: it is. */
export function notNow(
  pull: PullRequest,
  { headCommit }: Job,
):
  | { readonly state: 'skipped'; readonly why: string }
  | { readonly state: 'superseded'; readonly by: string }
  | undefined {
  if (!pull.open) return { state: 'skipped', why: 'closed' };
  return pull.headCommit === headCommit ? undefined : { state: 'superseded', by: pull.headCommit };
}

export async function begun(pull: PullRequest, forge: Forge): Promise<Begin> {
  const state = stateOf(await forge.summary(pull, SUMMARY_MARKER));
  return {
    baseCommit: pull.baseCommit,
    intent: `${pull.title}\n\n${pull.body}`.slice(0, MOST_INTENT),
    ...(state === undefined || state.reviewed === '' ? {} : { since: state.reviewed }),
    spentUsd: state === undefined ? 0 : state.costUsd,
    pushes: state?.pushes ?? 0,
    ...{ fork: pull.fork, bot: pull.bot },
  };
}

/** The settings of the base commit, or what is wrong with them. */
export async function settingsOf(
  { of }: Job,
  baseCommit: string,
  forge: Forge,
): Promise<{ readonly settings: Settings } | { readonly problems: readonly string[] }> {
  try {
    return { settings: readSettings(await forge.file(of, SETTINGS_FILE, baseCommit)) };
  } catch (error) {
    if (error instanceof SettingsError) return { problems: error.problems };
    throw error;
  }
}
