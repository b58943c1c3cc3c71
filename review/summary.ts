import { z } from 'zod';
import { UsageSchema } from './ask.ts';
import { WHYS } from './diff/budget.ts';
import { SEVERITIES } from './settings.ts';
import { commentText } from './text/comment-text.ts';
import { block, code, inertLine } from './text/markdown.ts';

/** Stands in every summary, so that it is found again. */
export const SUMMARY_MARKER = '<!-- fleet-review -->';

const StateSchema = z.object({
  reviewed: z.string(),
  costUsd: z.number().nullable(),
  pushes: z.number(),
});

/** What the summary remembers of the pushes before. */
export type SummaryState = z.infer<typeof StateSchema>;

const STATE = /<!-- fleet-review-state (\{[^\n]*\}) -->/;

/** What a summary of this reviewer's own remembers; undefined: nothing that can be read. */
export function stateOf(summary: string | undefined): SummaryState | undefined {
  const text = STATE.exec(summary ?? '')?.[1];
  if (text === undefined) return undefined;
  try {
    return StateSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const ResultSchema = z.enum(['waiting', 'passed', 'failed', 'not run', 'run here', 'fork', 'bot']);

const TestsOfferSchema = z.object({
  files: z.array(z.object({ path: z.string(), content: z.string(), covers: z.string() })),
  /** Absent: they are on no branch; the texts are shown. */
  branch: z.object({ name: z.string(), commit: z.string() }).optional(),
  result: ResultSchema,
});

export type TestsOffer = z.infer<typeof TestsOfferSchema>;

export const SummarySchema = z.object({
  state: StateSchema,
  model: z.string(),
  headCommit: z.string(),
  /** Absent: all of the pull request was read. */
  since: z.string().optional(),
  review: z
    .object({
      severities: z.partialRecord(z.enum(SEVERITIES), z.number()),
      thrownOut: z.number(),
      duplicates: z.number(),
      unsaid: z.number(),
    })
    .optional(),
  leftOut: z.array(z.object({ path: z.string(), why: z.enum(WHYS), from: z.number().optional() })),
  /** Files about which no answer was any good. */
  unanswered: z.array(z.string()),
  docs: z
    .object({ patch: z.string(), whys: z.array(z.object({ path: z.string(), why: z.string() })) })
    .optional(),
  tests: TestsOfferSchema.optional(),
  usage: UsageSchema,
});

/** What a summary says. Texts in it are the model's, or strangers'. */
export type Summary = z.infer<typeof SummarySchema>;

const MOST_NAMED = 50;
const MOST_PATCH = 20_000;

/** The one comment that says how a review ended. */
export function summaryText(summary: Summary): string {
  const { headCommit, since, state, leftOut, unanswered } = summary;
  const range =
    since === undefined
      ? code(headCommit.slice(0, 10))
      : `${code(since.slice(0, 10))} to ${code(headCommit.slice(0, 10))}`;
  return commentText({
    first: [
      SUMMARY_MARKER,
      `<!-- fleet-review-state ${JSON.stringify(state)} -->`,
      `### Review of ${range}`,
      ...reviewLines(summary),
    ],
    middle: [
      ...section('Not read', [
        ...leftOut.map(
          ({ path, why, from }) =>
            `- ${code(path)}: ${why}${from === undefined ? '' : `, from line ${from}`}`,
        ),
        ...unanswered.map((path) => `- ${code(path)}: the model gave no usable answer`),
      ]),
      ...docsLines(summary),
      ...testsLines(summary.tests),
    ],
    last: [`<sub>${footer(summary)}</sub>`],
  });
}

/** Instead of a review: what is wrong with the settings. */
export function settingsText(problems: readonly string[], state: SummaryState): string {
  return [
    SUMMARY_MARKER,
    `<!-- fleet-review-state ${JSON.stringify(state)} -->`,
    '### No review: the settings on the base branch are wrong',
    problems.map((problem) => `- ${inertLine(problem, 400)}`).join('\n'),
  ].join('\n\n');
}

function reviewLines({ review }: Summary): string[] {
  if (review === undefined) return [];
  const { severities, thrownOut, duplicates, unsaid } = review;
  const counts = SEVERITIES.flatMap((severity) =>
    severities[severity] === undefined ? [] : [`${severities[severity]} ${severity}`],
  );
  const aside = [
    ...(duplicates > 0 ? [`${duplicates} said before`] : []),
    ...(unsaid > 0 ? [`${unsaid} below what the settings want said`] : []),
    ...(thrownOut > 0 ? [`${thrownOut} thrown out: the code does not bear them out`] : []),
  ];
  return [
    counts.length === 0 ? 'Nothing new was found.' : `Found: ${counts.join(', ')}.`,
    ...(aside.length === 0 ? [] : [`Not written: ${aside.join('; ')}.`]),
  ];
}

function docsLines({ docs }: Summary): string[] {
  if (docs === undefined || docs.whys.length === 0) return [];
  const cut = docs.patch.length > MOST_PATCH;
  return [
    '#### Documentation that this change makes false',
    docs.whys.map(({ path, why }) => `- ${code(path)}: ${inertLine(why)}`).join('\n'),
    cut
      ? 'The patch is too long to be shown here.'
      : `<details><summary>Patch, for <code>git apply --unidiff-zero</code></summary>\n\n${block(docs.patch, 'diff')}\n\n</details>`,
  ];
}

function testsLines(tests: TestsOffer | undefined): string[] {
  if (tests === undefined || tests.files.length === 0) return [];
  const { files, branch, result } = tests;
  const at =
    branch === undefined ? '' : `Branch ${code(branch.name)}, commit ${code(branch.commit.slice(0, 10))}. `;
  const list = files.map(({ path, covers }) => `- ${code(path)}: ${inertLine(covers)}`).join('\n');
  const texts = branch === undefined ? files.map(({ path, content }) => shownText(path, content)) : [];
  return ['#### Tests', `${at}${SAID[result]}`, list, ...texts];
}

function shownText(path: string, content: string): string {
  return `<details><summary>The test</summary>\n\n${code(path)}\n\n${block(content, '')}\n\n</details>`;
}

const SAID: Readonly<Record<TestsOffer['result'], string>> = {
  waiting: 'The repository’s own checks run them; until these have passed nothing is recommended.',
  passed: 'The repository’s own checks passed with them: recommended.',
  failed: 'The repository’s own checks did not pass with them: not recommended.',
  'not run': 'No check of the repository ran them: not recommended.',
  'run here': 'They pass on this commit and fail without the change.',
  fork: 'They were written and not run: code from a fork goes to no branch here.',
  bot: 'They were written and not run: a change that a program opened goes to no branch here.',
};

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  const more = lines.length > MOST_NAMED ? [`- and ${lines.length - MOST_NAMED} more`] : [];
  return [
    `<details><summary>${title}: ${lines.length}</summary>\n\n${[...lines.slice(0, MOST_NAMED), ...more].join('\n')}\n\n</details>`,
  ];
}

function footer({ model, usage, state }: Summary): string {
  const tokens = `${usage.promptTokens} + ${usage.completionTokens} tokens`;
  const refused = usage.refusedToolCalls > 0 ? ` · ${usage.refusedToolCalls} tool calls refused` : '';
  const all = state.pushes > 1 ? `, ${dollars(state.costUsd)} for all ${state.pushes} pushes` : '';
  return `${code(model)} · ${tokens} · ${dollars(usage.costUsd)}${all}${refused}`;
}

function dollars(usd: number | null): string {
  return usd === null ? 'cost unknown' : `$${usd.toFixed(usd < 0.01 ? 6 : 4)}`;
}
