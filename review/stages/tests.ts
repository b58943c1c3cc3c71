import { z } from 'zod';
import { type Asked, ask } from '../ask.ts';
import type { Part } from '../diff/budget.ts';
import { matchesAny } from '../glob.ts';
import type { ReviewModel } from '../model.ts';
import { foreignHosts } from '../text/addresses.ts';
import type { Document } from './docs.ts';
import { AS_SHOWN, shownParts } from './shown.ts';

export const TestFileSchema = z.object({
  path: z.string().describe('A new file, beside the tests that are there.'),
  content: z.string().describe('The whole file.'),
  covers: z.string().describe('Which behaviour of the change it holds fast. At most 30 words.'),
});

/** A file of tests that the model wrote. */
export type TestFile = z.infer<typeof TestFileSchema>;

const AnswerSchema = z.object({ files: z.array(TestFileSchema) });

const TASK = `Write unit tests for what this change changed. ${AS_SHOWN}
Each must pass with the change and fail without it. Use the framework, the imports and the manner of the test that is shown as an example. New files only. No network, no environment variables, no other programs, no sleeping, no random input. An empty list is a good answer where nothing can be tested so.`;

const MOST_FILES = 4;
const MOST_CHARACTERS = 20_000;

export interface ForTests {
  readonly parts: readonly Part[];
  /** The changed sources as they are now. */
  readonly sources: readonly Document[];
  /** A test that is there. */
  readonly example?: Document;
  /** Patterns of the settings: where tests may be written. */
  readonly allowed: readonly string[];
  /** Every path that is taken. */
  readonly taken: ReadonlySet<string>;
}

/** Asks for tests of the change. */
export async function writeTests(
  { parts, sources, example, allowed, taken }: ForTests,
  model: ReviewModel,
  signal: AbortSignal,
): Promise<Asked<readonly TestFile[]>> {
  const shown = sources.map(({ path, text }) => `SOURCE ${JSON.stringify(path)}\n${text}`);
  const like = example === undefined ? [] : [`EXAMPLE ${JSON.stringify(example.path)}\n${example.text}`];
  const where = `TESTS MAY BE WRITTEN TO\n${allowed.join('\n')}`;
  const data = [`THE CHANGE\n${shownParts(parts)}`, ...shown, ...like, where].join('\n\n');
  const check = ({ files }: z.infer<typeof AnswerSchema>) =>
    files.length > MOST_FILES
      ? [`at most ${MOST_FILES} files`]
      : files.flatMap((file, index) => {
          const problem = testProblem(file, allowed, taken);
          return problem === undefined ? [] : [`files.${index}: ${problem}`];
        });
  const { value, usage } = await ask(
    { stage: 'tests', task: TASK, data, schema: AnswerSchema, check },
    model,
    signal,
  );
  return { value: value?.files, usage };
}

/** Where no pattern of any settings lets a test go: what a checkout runs, or a build reads, by its place alone. */
const NEVER = [
  '**/{package.json,conftest.py,setup.py,Makefile,build.rs,Cargo.toml,go.mod,pom.xml}',
  '**/*.{yml,yaml,toml,sh,lock}',
  '**/*.config.*',
];

/** Why a test may not be written; undefined: it may. */
export function testProblem(
  { path, content }: Pick<TestFile, 'path' | 'content'>,
  allowed: readonly string[],
  taken: ReadonlySet<string>,
): string | undefined {
  if (!/^[\w@+-][\w.@+-]*(?:\/[\w@+-][\w.@+-]*)*$/.test(path))
    return 'path is no plain path in the repository';
  if (!matchesAny(path, allowed)) return `path must match one of ${allowed.join(', ')}`;
  if (matchesAny(path, NEVER)) return 'path is none that a test may have';
  if (taken.has(path)) return 'path is taken: write a new file';
  if (content.trim() === '') return 'content is empty';
  if (content.length > MOST_CHARACTERS) return `longer than ${MOST_CHARACTERS} characters`;
  return foreignHosts(content).length > 0 ? 'content names a host of the network' : undefined;
}
