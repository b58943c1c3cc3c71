import { z } from 'zod';
import { type Asked, ask } from '../ask.ts';
import type { Part } from '../diff/budget.ts';
import type { ReviewModel } from '../model.ts';
import { addressesIn } from '../text/addresses.ts';
import { AS_SHOWN, shownParts } from './shown.ts';

export const EditSchema = z.object({
  path: z.string().describe('The documentation file, as in the line DOCUMENT.'),
  find: z
    .string()
    .describe(
      'Whole lines of the document that the change made false, copied exactly. They must stand there once.',
    ),
  replace: z.string().describe('The lines as they must be now.'),
  why: z.string().describe('Which part of the change makes the lines false. At most 30 words.'),
});

/** Lines of a document, and what they must be. */
export type Edit = z.infer<typeof EditSchema>;

const AnswerSchema = z.object({ edits: z.array(EditSchema) });

const TASK = `Some documents may say what is no longer true after this change. Correct only those lines: what a reader would now do wrong. Do not add chapters, do not polish, add no links. ${AS_SHOWN}
Documents are shown after the diff, as they are after the change. An empty list is a good answer.`;

const MOST_EDITS = 12;
const MOST_CHARACTERS = 6_000;

export interface Document {
  readonly path: string;
  readonly text: string;
  /** The lines that are shown. @default - all of the text */
  readonly shown?: string;
}

/** Asks which lines of the documents the change made false. */
export async function correctDocs(
  { parts, documents }: { readonly parts: readonly Part[]; readonly documents: readonly Document[] },
  model: ReviewModel,
  signal: AbortSignal,
): Promise<Asked<readonly Edit[]>> {
  const shown = documents.map(
    ({ path, text, shown: lines = text }) => `DOCUMENT ${JSON.stringify(path)}\n${lines}`,
  );
  const data = `THE CHANGE\n${shownParts(parts)}\n\n${shown.join('\n\n')}`;
  const check = ({ edits }: z.infer<typeof AnswerSchema>) => problemsOf(edits, documents);
  const { value, usage } = await ask(
    { stage: 'docs', task: TASK, data, schema: AnswerSchema, check },
    model,
    signal,
  );
  return { value: value?.edits.filter(({ find, replace }) => find !== replace), usage };
}

function problemsOf(edits: readonly Edit[], documents: readonly Document[]): string[] {
  if (edits.length > MOST_EDITS) return [`at most ${MOST_EDITS} edits`];
  return edits.flatMap((edit, index) => {
    const problem = problemOf(edit, documents);
    return problem === undefined ? [] : [`edits.${index}: ${problem}`];
  });
}

function problemOf({ path, find, replace }: Edit, documents: readonly Document[]): string | undefined {
  const text = documents.find((document) => document.path === path)?.text;
  if (text === undefined) return 'path is none of the documents';
  if (find.trim() === '') return 'find is empty';
  if (find.length + replace.length > MOST_CHARACTERS) return `longer than ${MOST_CHARACTERS} characters`;
  const times = text.split(find).length - 1;
  if (times !== 1) return `find stands ${times} times in ${path}, and must once; copy whole lines exactly`;
  const known = new Set(addressesIn(text));
  const added = addressesIn(replace).filter((address) => !known.has(address));
  return added.length > 0 ? 'replace has a link that the document has not' : undefined;
}
