import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Asked, ask } from '../ask.ts';
import type { Part } from '../diff/budget.ts';
import type { Hunk } from '../diff/parse.ts';
import { type Place, placed, placesOf, plain } from '../diff/placing.ts';
import type { ReviewModel } from '../model.ts';
import { SEVERITIES } from '../settings.ts';
import { masked } from '../text/masking.ts';
import { AS_SHOWN, shownParts } from './shown.ts';

export const CATEGORIES = ['bug', 'security', 'performance', 'concurrency', 'data', 'api', 'other'] as const;

const AnswerSchema = z.object({
  findings: z.array(
    z.object({
      path: z.string().describe('The file, as in the line FILE.'),
      line: z.int().describe('Number of the one line that is wrong.'),
      removed: z.boolean().describe('Whether that line was removed.'),
      quote: z.string().describe('The text of that line, copied.'),
      severity: z.enum(SEVERITIES),
      category: z.enum(CATEGORIES),
      title: z.string().describe('What is wrong, in at most 12 words.'),
      explanation: z.string().describe('What goes wrong, for which input, and what to do. At most 80 words.'),
    }),
  ),
});

export const FindingSchema = z.object({
  path: z.string(),
  line: z.number(),
  side: z.enum(['LEFT', 'RIGHT']),
  severity: z.enum(SEVERITIES),
  category: z.enum(CATEGORIES),
  title: z.string(),
  explanation: z.string(),
  /** Of the line's text: the same after other lines moved it, and after a rename. */
  place: z.string(),
});

/** What is wrong with one line that is in the diff. */
export type Finding = z.infer<typeof FindingSchema>;

const TASK = `Find what is wrong with this change: mistakes that make it fail, lose data, open a hole, or break those who use it. Judge the lines that were added or removed. ${AS_SHOWN}
Say nothing about style, names, formatting, missing tests or documentation, and nothing that you cannot show from what is here. An empty list is a good answer.
Severity: blocker (must not be merged), major (wrong in ordinary use), minor (wrong in rare cases), nit (barely matters).`;

const MOST_FINDINGS = 30;

/** Asks what is wrong with some files. Findings that no line of what was shown bears out are thrown out here. */
export async function reviewParts(
  { intent, parts }: { readonly intent: string; readonly parts: readonly Part[] },
  model: ReviewModel,
  signal: AbortSignal,
): Promise<Asked<{ readonly findings: Finding[]; readonly unplaced: number }>> {
  const data = `WHAT THE AUTHOR SAYS\n${intent}\n\nTHE CHANGE\n${shownParts(parts)}`;
  const { value, usage } = await ask(
    { stage: 'review', task: TASK, data, schema: AnswerSchema },
    model,
    signal,
  );
  if (value === undefined) return { value, usage };
  const said = value.findings.slice(0, MOST_FINDINGS);
  const findings = said.flatMap(({ path, line, removed, quote, ...rest }): Finding[] => {
    const part = parts.find(({ file }) => file.path === path);
    if (part === undefined) return [];
    const file = { ...part.file, hunks: part.hunks.map(asShown) };
    const place = placed(file, { line, removed, quote });
    if (place === undefined) return [];
    const at = { path, line: place.line, side: place.side };
    return [{ ...at, ...rest, place: placeHash(place, placesOf(file)) }];
  });
  return { value: { findings, unplaced: value.findings.length - findings.length }, usage };
}

/** With the texts that the model saw: a line that holds a key is quoted without it. */
function asShown(hunk: Hunk): Hunk {
  const texts = masked(hunk.lines.map(({ text }) => text).join('\n')).split('\n');
  return { ...hunk, lines: hunk.lines.map((line, index) => ({ ...line, text: texts[index] ?? '' })) };
}

/** A bracket alone says little about where it is: its neighbours count too. */
const SHORTEST_TELLING = 8;

function placeHash(place: Place, all: readonly Place[]): string {
  const at = all.findIndex(({ line, side }) => line === place.line && side === place.side);
  const around = plain(place.text).length < SHORTEST_TELLING ? [all[at - 1]?.text, all[at + 1]?.text] : [];
  const texts = [place.text, ...around].map((text) => plain(text ?? ''));
  return createHash('sha256')
    .update(JSON.stringify([place.side, ...texts]))
    .digest('hex')
    .slice(0, 16);
}
