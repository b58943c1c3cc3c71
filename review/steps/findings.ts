import { z } from 'zod';
import { inQuestions, type Part } from '../diff/budget.ts';
import { type Finding, FindingSchema, reviewParts } from '../stages/review.ts';
import { shownExcerpt, shownFile } from '../stages/shown.ts';
import { type Claimed, verifyFindings } from '../stages/verify.ts';
import { type Context, QUESTION_TOKENS } from './context.ts';

const CLAIMS_OF_A_QUESTION = 6;
const AROUND = 25;

/** What both passes leave. */
export interface Found {
  readonly findings: readonly Finding[];
  readonly thrownOut: number;
  /** Files about which no answer was any good. */
  readonly unanswered: readonly string[];
}

const ReviewedSchema = z.object({ findings: z.array(FindingSchema), unplaced: z.number() });

/** Asks what is wrong, then whether it is. */
export async function findAndVerify(context: Context): Promise<Found> {
  const { begin, change, steps, model, signal, log } = context;
  const candidates: Finding[] = [];
  const unanswered: string[] = [];
  let thrownOut = 0;
  for (const [index, parts] of inQuestions(change.parts, QUESTION_TOKENS).entries()) {
    const answer = await steps.asking(`review/${index}`, ReviewedSchema, () =>
      reviewParts({ intent: begin.intent, parts }, model, signal),
    );
    candidates.push(...(answer?.findings ?? []));
    thrownOut += answer?.unplaced ?? 0;
    if (answer === undefined) unanswered.push(...parts.map(({ file }) => file.path));
  }
  log(`${candidates.length} findings are checked again`);
  const findings: Finding[] = [];
  for (let at = 0; at < candidates.length; at += CLAIMS_OF_A_QUESTION) {
    const group = candidates.slice(at, at + CLAIMS_OF_A_QUESTION);
    const supported = await steps.asking(
      `verify/${at / CLAIMS_OF_A_QUESTION}`,
      z.array(FindingSchema).readonly(),
      async () => verifyFindings(await withCode(group, context), model, signal),
    );
    findings.push(...(supported ?? []));
  }
  return { findings, thrownOut: thrownOut + candidates.length - findings.length, unanswered };
}

/** Each with its hunk and with the file around its line, on its side of the change. */
async function withCode(
  findings: readonly Finding[],
  { job: { of, headCommit }, begin, change, forge }: Context,
): Promise<Claimed[]> {
  return Promise.all(
    findings.map(async (finding) => {
      const { path, line, side } = finding;
      const part = change.parts.find(({ file }) => file.path === path);
      const [name, commit] =
        side === 'LEFT' ? [part?.file.oldPath ?? path, begin.baseCommit] : [path, headCommit];
      const text = await forge.file(of, name, commit);
      const around = text === undefined ? '' : `THE FILE AROUND IT\n${shownExcerpt(text, line, AROUND)}`;
      return { finding, code: `${hunkOf(finding, part)}\n${around}` };
    }),
  );
}

function hunkOf({ line, side }: Finding, part: Part | undefined): string {
  if (part === undefined) return '';
  const hunks = part.hunks.filter(({ lines }) =>
    lines.some(({ oldLine, newLine, kind }) =>
      side === 'LEFT' ? kind === 'removed' && oldLine === line : newLine === line,
    ),
  );
  return shownFile(part.file, hunks);
}
