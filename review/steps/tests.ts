import { z } from 'zod';
import { exampleFor, testable } from '../choose.ts';
import { tokensOf } from '../diff/budget.ts';
import type { Document } from '../stages/docs.ts';
import { type TestFile, TestFileSchema, writeTests } from '../stages/tests.ts';
import type { TestsOffer } from '../summary.ts';
import { type Context, type Offering, QUESTION_TOKENS } from './context.ts';

export interface TestsResult {
  readonly files: readonly TestFile[];
  readonly unanswered: readonly string[];
}

const SOURCE_TOKENS = 12_000;

/** Asks for tests of what was changed. */
export async function askTests(context: Context): Promise<TestsResult> {
  const { job, settings, change, steps, forge, model, signal } = context;
  const { of, headCommit } = job;
  const { files: allowed } = settings.tests;
  let left = QUESTION_TOKENS;
  const parts = testable(change.parts, settings.docs.files, allowed).filter(({ tokens }) => {
    left -= tokens;
    return left >= 0;
  });
  if (parts.length === 0) return { files: [], unanswered: [] };
  const files = await steps.asking('tests', z.array(TestFileSchema).readonly(), async () => {
    const paths = await forge.paths(of, headCommit);
    const like = exampleFor(parts, paths, allowed);
    const example = like === undefined ? undefined : await forge.file(of, like, headCommit);
    const sources: Document[] = [];
    let room = SOURCE_TOKENS;
    for (const { file } of parts) {
      const text = (await forge.file(of, file.path, headCommit)) ?? '';
      room -= tokensOf(text);
      if (room >= 0) sources.push({ path: file.path, text });
    }
    const shown =
      like === undefined || example === undefined ? {} : { example: { path: like, text: example } };
    return writeTests({ parts, sources, ...shown, allowed, taken: new Set(paths) }, model, signal);
  });
  return files === undefined
    ? { files: [], unanswered: parts.map(({ file }) => file.path) }
    : { files, unanswered: [] };
}

/**
 * Offers the tests. On a branch only where no stranger had a say in them: a branch here is run with what this repository
 * is trusted with.
 */
export async function offerTests(
  { files }: TestsResult,
  offering: Offering,
  { job: { of, headCommit }, begin: { fork, bot }, settings, steps, forge }: Context,
): Promise<TestsOffer> {
  const offered = files.map((file) => ({ ...file }));
  if (files.length === 0 || offering === 'text') return { files: offered, result: 'not run' };
  if (typeof offering === 'function') {
    const kept = await steps.once('run-tests', z.array(TestFileSchema), async () => [
      ...(await offering(files, settings.tests)),
    ]);
    return { files: kept, result: 'run here' };
  }
  if (fork || bot) return { files: offered, result: fork ? 'fork' : 'bot' };
  const name = `fleet-review/${of.number}/${headCommit.slice(0, 12)}`;
  const commit = await steps.once('branch', z.string(), () =>
    forge.commitOnBranch(of, {
      ...{ branch: name, parent: headCommit },
      files: new Map(files.map(({ path, content }) => [path, content])),
      message: `Tests for #${of.number}, written by a model and recommended by nobody yet`,
    }),
  );
  return { files: offered, branch: { name, commit }, result: 'waiting' };
}
