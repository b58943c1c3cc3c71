import { z } from 'zod';
import { documentCandidates, documentsFor } from '../choose.ts';
import { inQuestions } from '../diff/budget.ts';
import { patchOf } from '../patch.ts';
import { correctDocs, type Document, type Edit, EditSchema } from '../stages/docs.ts';
import { type Context, QUESTION_TOKENS } from './context.ts';

export interface DocsResult {
  readonly patch: string;
  readonly whys: { path: string; why: string }[];
  readonly unanswered: readonly string[];
}

/** Asks which lines of the documentation the change made false. */
export async function askDocs(context: Context): Promise<DocsResult> {
  const { settings, change, steps, model, signal } = context;
  const candidates = await readAll(context, (paths) => documentCandidates(paths, settings.docs.files));
  const edits: Edit[] = [];
  const read: Document[] = [];
  const unanswered: string[] = [];
  for (const [index, parts] of inQuestions(change.parts, QUESTION_TOKENS).entries()) {
    const documents = documentsFor(parts, candidates);
    if (documents.length === 0) continue;
    const found = await steps.asking(`docs/${index}`, z.array(EditSchema).readonly(), () =>
      correctDocs({ parts, documents }, model, signal),
    );
    edits.push(...(found ?? []));
    read.push(...documents);
    if (found === undefined) unanswered.push(...documents.map(({ path }) => path));
  }
  const documents = [...new Map(read.map((document) => [document.path, document])).values()];
  const { text, files } = patchOf(edits, documents);
  const whys = edits.filter(({ path }) => files.has(path)).map(({ path, why }) => ({ path, why }));
  return { patch: text, whys, unanswered };
}

async function readAll(
  { job: { of, headCommit }, forge }: Context,
  choose: (paths: readonly string[]) => readonly string[],
): Promise<Document[]> {
  const documents: Document[] = [];
  for (const path of choose(await forge.paths(of, headCommit))) {
    const text = await forge.file(of, path, headCommit);
    if (text !== undefined) documents.push({ path, text });
  }
  return documents;
}
