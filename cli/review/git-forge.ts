import type { Forge, LineComment, PullRequest } from '../../review/forge.ts';
import { Failure } from '../errors.ts';
import type { Git } from './git.ts';

/** What a review wrote, where there is nobody to write it to. */
export interface Written {
  readonly comments: LineComment[];
  summary: string;
}

const DIFF = ['diff', '-M', '--no-color', '--no-ext-diff', '--no-textconv', '--unified=3'];
const PREFIXES = ['--src-prefix=a/', '--dst-prefix=b/'];

/** Two commits of a repository on disk as a pull request. Nothing is written to it. */
export function gitForge(pull: PullRequest, git: Git): { readonly forge: Forge; readonly written: Written } {
  const written: Written = { comments: [], summary: '' };
  const forge: Forge = {
    pullRequest: async () => pull,
    diff: (_, from, to) => orUndefined(git(...DIFF, ...PREFIXES, `${from}...${to}`, '--')),
    file: async (_, path, commit) => {
      const text = await orUndefined(git('cat-file', 'blob', `${commit}:${path}`));
      return text === undefined || /[\0\uFFFD]/.test(text) ? undefined : text;
    },
    paths: async (_, commit) =>
      (await git('ls-tree', '-r', '-z', '--name-only', '--full-tree', commit)).split('\0').filter(Boolean),
    ownComments: async () => [],
    publishReview: async (_of, _commit, comments) => {
      written.comments.push(...comments);
    },
    summary: async () => undefined,
    writeSummary: async (_, body) => {
      written.summary = body;
    },
    commitOnBranch: async () => {
      throw new Failure('a review of a repository on disk makes no branch');
    },
    checks: async () => 'none',
  };
  return { forge, written };
}

/** The commits as a pull request. */
export async function pullRequestOf(
  { base, head, name }: { readonly base: string; readonly head: string; readonly name: string },
  git: Git,
): Promise<PullRequest> {
  const baseCommit = (await git('merge-base', base, head)).trim();
  const [title = '', ...body] = (
    await git('log', '--reverse', '--format=%B', `${baseCommit}..${head}`)
  ).split('\n');
  return {
    ...{ owner: 'here', repository: name, number: 0, title, body: body.join('\n').trim() },
    ...{ baseCommit, baseBranch: base, headCommit: head, headBranch: head },
    ...{ fork: false, bot: false, draft: false, open: true },
  };
}

async function orUndefined(text: Promise<string>): Promise<string | undefined> {
  try {
    return await text;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
