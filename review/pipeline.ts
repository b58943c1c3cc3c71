import { z } from 'zod';
import { BeginSchema, begun, notNow, settingsOf } from './begin.ts';
import { type Change, changeOf } from './change.ts';
import { chooseComments } from './comments.ts';
import type { Forge } from './forge.ts';
import type { Job, Journal } from './journal.ts';
import type { ReviewModel } from './model.ts';
import { type Outcome, type Report, ReportSchema } from './outcome.ts';
import type { Settings } from './settings.ts';
import { SEVERITIES } from './settings.ts';
import { FindingSchema } from './stages/review.ts';
import type { Offering } from './steps/context.ts';
import { askDocs } from './steps/docs.ts';
import { type Found, findAndVerify } from './steps/findings.ts';
import { askTests, offerTests } from './steps/tests.ts';
import { Steps } from './steps.ts';
import { SUMMARY_MARKER, type Summary, SummarySchema, settingsText, summaryText } from './summary.ts';

export interface Parts {
  readonly forge: Forge;
  readonly model: ReviewModel;
  readonly journal: Journal;
  /** The model that is asked where the settings name none. */
  readonly modelName: string;
  readonly signal: AbortSignal;
  /**
   * Where generated tests go: on a branch that the repository's own checks run; as text into the summary; or to who runs
   * them here, and answers those that are worth keeping. @default 'branch'
   */
  readonly tests?: Offering;
  /** One line about what is going on. No text of the pull request's or the model's making. */
  readonly log: (line: string) => void;
}

const LineCommentSchema = z.object({
  path: z.string(),
  line: z.number(),
  side: z.enum(['LEFT', 'RIGHT']),
  body: z.string(),
});

/** What is said of the findings. */
export const ChosenSchema = z.object({
  said: z.array(FindingSchema),
  comments: z.array(LineCommentSchema),
  findings: z.number(),
  severities: z.partialRecord(z.enum(SEVERITIES), z.number()),
  duplicates: z.number(),
  unsaid: z.number(),
});

type Chosen = z.infer<typeof ChosenSchema>;

/**
 * Reviews one state of a pull request: line comments, documentation, tests, one summary. May be called again for the
 * same job after any end: steps that are in the journal are not done again, and what writes is idempotent.
 * @throws what forge, model and journal throw, and the signal's reason
 */
export async function reviewPullRequest(job: Job, parts: Parts): Promise<Outcome> {
  const { forge, journal, signal, log } = parts;
  const { of, headCommit } = job;
  const steps = await Steps.of(job, journal, signal);
  const spent = () => steps.usage.costUsd ?? undefined;
  const done = steps.read('done', ReportSchema);
  if (done !== undefined) return { state: 'reviewed', ...done };
  const pull = await forge.pullRequest(of);
  const not = notNow(pull, job);
  if (not !== undefined) return { ...not, costUsd: spent() };

  const begin = await steps.once('begin', BeginSchema, () => begun(pull, forge));
  if (begin.since === headCommit) return { state: 'skipped', why: 'already reviewed', costUsd: spent() };
  const read = await settingsOf(job, begin.baseCommit, forge);
  if ('problems' in read) {
    const state = { reviewed: begin.since ?? '', costUsd: begin.spentUsd, pushes: begin.pushes };
    await forge.writeSummary(of, settingsText(read.problems, state), SUMMARY_MARKER);
    return { state: 'skipped', why: 'the settings are wrong', costUsd: spent() };
  }
  const { settings } = read;
  if (pull.draft && !settings.drafts) return { state: 'skipped', why: 'draft', costUsd: spent() };
  if (!settings.review.enabled && !settings.docs.enabled && !settings.tests.enabled)
    return { state: 'skipped', why: 'switched off', costUsd: spent() };

  const change = await changeOf(job, begin, settings, forge);
  const model = named(parts.model, settings.model);
  const { tests: offering = 'branch', ...rest } = parts;
  const context = { job, begin, settings, change, steps, ...rest, model };
  log(`${change.parts.length} files are read, ${change.leftOut.length} are not or not to their end`);
  const found = settings.review.enabled ? await findAndVerify(context) : undefined;
  const docs = settings.docs.enabled ? await askDocs(context) : undefined;
  const tests = settings.tests.enabled ? await askTests(context) : undefined;

  const later = notNow(await forge.pullRequest(of), job);
  if (later !== undefined) return { ...later, costUsd: spent() };
  const chosen =
    found === undefined ? undefined : await publish(found, change, settings, { job, steps, forge });
  const offer = tests === undefined ? undefined : await offerTests(tests, offering, context);
  const { usage } = steps;
  const summary = await steps.once('summary', SummarySchema, async (): Promise<Summary> => {
    const { spentUsd } = begin;
    const costUsd = spentUsd === null || usage.costUsd === null ? null : spentUsd + usage.costUsd;
    const { severities, duplicates, unsaid } = chosen ?? NOTHING_CHOSEN;
    return {
      state: { reviewed: headCommit, costUsd, pushes: begin.pushes + 1 },
      ...{ model: settings.model ?? parts.modelName, headCommit, since: change.since, usage },
      ...(found === undefined
        ? {}
        : { review: { severities, thrownOut: found.thrownOut, duplicates, unsaid } }),
      leftOut: [...change.leftOut],
      unanswered: [
        ...new Set([...(found?.unanswered ?? []), ...(docs?.unanswered ?? []), ...(tests?.unanswered ?? [])]),
      ],
      ...(docs === undefined ? {} : { docs: { patch: docs.patch, whys: docs.whys } }),
      ...(offer === undefined ? {} : { tests: offer }),
    };
  });
  await forge.writeSummary(of, summaryText(summary), SUMMARY_MARKER);
  const report = await steps.once('done', ReportSchema, async () => reportOf(summary, found, chosen));
  return { state: 'reviewed', ...report };
}

/** The same capability, for the model that the settings name. */
function named(model: ReviewModel, name: string | undefined): ReviewModel {
  return name === undefined
    ? model
    : { answer: (request, signal) => model.answer({ ...request, model: name }, signal) };
}

const NOTHING_CHOSEN: Chosen = {
  said: [],
  comments: [],
  findings: 0,
  severities: {},
  duplicates: 0,
  unsaid: 0,
};

interface Publishing {
  readonly job: Job;
  readonly steps: Steps;
  readonly forge: Forge;
}

/** Chooses what to say once, so that what was said already in this very run is not taken for said before. */
async function publish(
  { findings }: Found,
  { renamed }: Change,
  { review }: Settings,
  { job: { of, headCommit }, steps, forge }: Publishing,
): Promise<Chosen> {
  const chosen = await steps.once('choose', ChosenSchema, async () =>
    chooseComments(findings, await forge.ownComments(of), renamed, review),
  );
  if (chosen.comments.length > 0)
    await steps.once('publish', z.literal(true), async () => {
      await forge.publishReview(of, headCommit, chosen.comments, reviewMarker(headCommit));
      return true as const;
    });
  return chosen;
}

/** Stands in the body of the one review of a commit. */
export function reviewMarker(headCommit: string): string {
  return `<!-- fleet-review ${headCommit} -->`;
}

function reportOf({ usage, tests }: Summary, found: Found | undefined, chosen = NOTHING_CHOSEN): Report {
  const { promptTokens, completionTokens, refusedToolCalls, costUsd } = usage;
  const { branch } = tests ?? {};
  return {
    findings: chosen.findings,
    thrownOut: found?.thrownOut ?? 0,
    duplicates: chosen.duplicates,
    ...(branch === undefined ? {} : { tests: { branch: branch.name, commit: branch.commit } }),
    ...{ refusedToolCalls, promptTokens, completionTokens, costUsd: costUsd ?? undefined },
  };
}
