import { readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import type { Forge, PullRequest } from '../../review/forge.ts';
import type { Job, Journal, StepRecord } from '../../review/journal.ts';
import { reviewPullRequest } from '../../review/pipeline.ts';
import { recordOf } from '../../review/record.ts';
import { readSettings, SETTINGS_FILE, SEVERITIES, type Severity } from '../../review/settings.ts';
import { type TestFile, TestFileSchema } from '../../review/stages/tests.ts';
import type { Surroundings } from '../context.ts';
import { Failure, UsageError } from '../errors.ts';
import { commitNamed, type Git, gitIn } from '../review/git.ts';
import { gitForge, pullRequestOf } from '../review/git-forge.ts';
import { githubHere, pullRequestHere } from '../review/github.ts';
import { type ModelFlags, reviewModel } from '../review/model.ts';
import { type Judged, runTests } from '../review/run-tests.ts';

export interface ReviewFlags extends ModelFlags {
  readonly base: string;
  readonly head: string;
  readonly comment: boolean;
  readonly runTests: boolean;
  /** What `--json` printed earlier: its tests are run, no model is asked. */
  readonly from?: string;
  readonly failOn?: Severity;
}

const FindingSchema = z.object({
  path: z.string(),
  line: z.number(),
  side: z.enum(['LEFT', 'RIGHT']),
  severity: z.enum(SEVERITIES),
  category: z.string(),
  title: z.string(),
  explanation: z.string(),
});

const DroppedSchema = z.object({ path: z.string(), why: z.string() });

/** What `--json` prints. */
const ReviewResultSchema = z.object({
  version: z.literal(1),
  base: z.string(),
  head: z.string(),
  state: z.enum(['reviewed', 'skipped', 'superseded']),
  why: z.string().optional(),
  findings: z.array(FindingSchema),
  thrownOut: z.number(),
  duplicates: z.number(),
  docs: z.string().optional(),
  tests: z.array(TestFileSchema),
  /** Whether `tests` pass on the head and fail without the change; absent: nobody ran them. */
  testsRun: z.boolean(),
  dropped: z.array(DroppedSchema),
  notRead: z.array(DroppedSchema),
  model: z.string(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  refusedToolCalls: z.number(),
  costUsd: z.number().optional(),
});

/** What `--json` prints, for other programs: docs/operations/fleet-review.schema.json. */
export function reviewResultSchema(): unknown {
  return z.toJSONSchema(ReviewResultSchema);
}

export type ReviewResult = z.infer<typeof ReviewResultSchema>;

/**
 * Reviews what the head has that the base has not, over plain git.
 * @throws UsageError, Interrupted, Failure when git, the model or GitHub cannot be asked
 */
export async function review(flags: ReviewFlags, surroundings: Surroundings): Promise<ReviewResult> {
  const { env, progress } = surroundings;
  const place = await placeOf(flags, surroundings);
  const { pull, git: local } = place;
  if (flags.from !== undefined) return rerun(flags.from, place, surroundings);
  const model = await reviewModel(flags, surroundings.folder, env);
  const of = flags.comment ? pullRequestHere(env) : pull;
  const forge = flags.comment ? besideGit(await githubHere(env), local.forge) : local.forge;
  const job: Job = { of, headCommit: pull.headCommit };
  const journal = memoryJournal();
  const dropped: Judged[] = [];
  const abort = new AbortController();
  const end = surroundings.onInterrupt(() => abort.abort());
  try {
    const outcome = await reviewPullRequest(job, {
      ...{ forge, model, journal, modelName: flags.model },
      ...{ signal: abort.signal, log: progress },
      tests: flags.runTests
        ? async (files, settings) => {
            const running = { pull, settings, forge: local.forge, folder: place.top };
            const judged = await runTests(files, running, surroundings);
            dropped.push(...judged.filter((one) => one.dropped !== undefined));
            return judged.filter((one) => one.dropped === undefined).map(({ file }) => file);
          }
        : 'text',
    });
    const { findings, summary } = await recordOf(job, journal);
    const usage = summary?.usage;
    const report = outcome.state === 'reviewed' ? outcome : undefined;
    return {
      ...{ version: 1, base: pull.baseCommit, head: pull.headCommit, state: outcome.state },
      ...whyOf(outcome),
      findings: findings.map((finding) => FindingSchema.parse(finding)),
      ...{ thrownOut: report?.thrownOut ?? 0, duplicates: report?.duplicates ?? 0 },
      ...(summary?.docs === undefined ? {} : { docs: summary.docs.patch }),
      ...{ tests: summary?.tests?.files ?? [], testsRun: flags.runTests, dropped: dropped.map(droppedOf) },
      notRead: [
        ...(summary?.leftOut ?? []).map(({ path, why }) => ({ path, why })),
        ...(summary?.unanswered ?? []).map((path) => ({ path, why: 'the model gave no usable answer' })),
      ],
      model: summary?.model ?? flags.model,
      ...{ promptTokens: usage?.promptTokens ?? 0, completionTokens: usage?.completionTokens ?? 0 },
      ...{ refusedToolCalls: usage?.refusedToolCalls ?? 0 },
      ...(typeof usage?.costUsd === 'number' ? { costUsd: usage.costUsd } : {}),
    };
  } finally {
    end();
  }
}

interface Place {
  readonly pull: PullRequest;
  readonly top: string;
  readonly git: { readonly forge: Forge };
}

async function placeOf({ base, head }: ReviewFlags, surroundings: Surroundings): Promise<Place> {
  const here = gitIn(surroundings.folder, surroundings);
  const top = (await topOf(here)).trim();
  const git = gitIn(top, surroundings);
  const commits = {
    base: await commitNamed(base, '--base', git),
    head: await commitNamed(head, '--head', git),
  };
  const pull = await pullRequestOf({ ...commits, name: basename(top) }, git);
  if (pull.baseCommit === pull.headCommit)
    throw new UsageError(`nothing to review: ${head} has no commit that ${base} has not`);
  return { pull, top, git: gitForge(pull, git) };
}

async function topOf(git: Git): Promise<string> {
  try {
    return await git('rev-parse', '--show-toplevel');
  } catch (error) {
    if (error instanceof Failure)
      throw new UsageError('fleet review works in a git repository; this folder is in none');
    throw error;
  }
}

/** GitHub for what is said and was said; git, which knows no limit of size, for what there is to read. */
function besideGit(github: Forge, { diff, file, paths }: Forge): Forge {
  return { ...github, diff, file, paths };
}

/** Runs the tests that an earlier review wrote. Needs no model and no key. */
async function rerun(
  from: string,
  { pull, top, git }: Place,
  surroundings: Surroundings,
): Promise<ReviewResult> {
  const earlier = ReviewResultSchema.safeParse(
    JSON.parse(readFileSync(resolve(surroundings.folder, from), 'utf8')),
  );
  if (!earlier.success) throw new UsageError(`--from: ${from} is not what \`fleet --json review\` printed`);
  const { data } = earlier;
  if (data.head !== pull.headCommit)
    throw new UsageError(`--from: ${from} is of ${data.head}, and the head is ${pull.headCommit}`);
  const { tests: settings } = readSettings(await git.forge.file(pull, SETTINGS_FILE, pull.baseCommit));
  const judged = await runTests(data.tests, { pull, settings, forge: git.forge, folder: top }, surroundings);
  const kept = judged.filter(({ dropped }) => dropped === undefined).map(({ file }): TestFile => file);
  const dropped = judged.filter((one) => one.dropped !== undefined).map(droppedOf);
  return { ...data, tests: kept, testsRun: true, dropped };
}

function droppedOf({
  file,
  dropped = 'does not pass on this commit',
}: Judged): z.infer<typeof DroppedSchema> {
  return { path: file.path, why: dropped };
}

function whyOf(outcome: Awaited<ReturnType<typeof reviewPullRequest>>): { readonly why?: string } {
  if (outcome.state === 'skipped') return { why: outcome.why };
  return outcome.state === 'superseded' ? { why: `there is a newer commit, ${outcome.by}` } : {};
}

/** One run of a command needs no other. */
function memoryJournal(): Journal {
  const jobs = new Map<string, StepRecord[]>();
  return {
    read: async (job) => jobs.get(job) ?? [],
    append: async (job, record) => {
      jobs.set(job, [...(jobs.get(job) ?? []), record]);
    },
  };
}
