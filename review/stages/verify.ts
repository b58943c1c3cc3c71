import { z } from 'zod';
import { type Asked, ask } from '../ask.ts';
import type { ReviewModel } from '../model.ts';
import type { Finding } from './review.ts';

const AnswerSchema = z.object({
  verdicts: z.array(
    z.object({
      claim: z.int().describe('Number of the claim.'),
      evidence: z.string().describe('What in the code shows it, or shows the opposite. At most 40 words.'),
      verdict: z.enum(['supported', 'unsupported', 'unsure']),
    }),
  ),
});

const TASK = `Another reviewer made claims about a change. For each claim decide from the code alone: "supported" only if the code that is shown proves it, "unsupported" if the code shows that it is wrong or it is a matter of taste, "unsure" if the code that is shown cannot tell. Be strict: a false alarm costs more than a miss. One verdict for each claim.`;

/** A finding with the code around it. */
export interface Claimed {
  readonly finding: Finding;
  /** Numbered lines of the diff and of the file. */
  readonly code: string;
}

/** Asks for a verdict on each; answers those that the code bears out. No verdict is none. */
export async function verifyFindings(
  claims: readonly Claimed[],
  model: ReviewModel,
  signal: AbortSignal,
): Promise<Asked<readonly Finding[]>> {
  const data = claims
    .map(({ finding, code }, index) =>
      [
        `CLAIM ${index + 1}`,
        `at ${JSON.stringify(finding.path)}, ${finding.side === 'LEFT' ? 'removed line' : 'line'} ${finding.line}`,
        `${finding.title}: ${finding.explanation}`,
        `CODE OF CLAIM ${index + 1}`,
        code,
      ].join('\n'),
    )
    .join('\n\n');
  const { value, usage } = await ask(
    { stage: 'verify', task: TASK, data, schema: AnswerSchema },
    model,
    signal,
  );
  if (value === undefined) return { value, usage };
  const supported = claims.filter((_, index) => {
    const of = value.verdicts.filter(({ claim }) => claim === index + 1);
    return of.length > 0 && of.every(({ verdict }) => verdict === 'supported');
  });
  return { value: supported.map(({ finding }) => finding), usage };
}
