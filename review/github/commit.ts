import type { Octokit } from 'octokit';
import type { BranchChange } from '../forge.ts';
import { treeOf } from './files.ts';
import { type Place, statusOf } from './place.ts';

/** Who stands in the commits. */
const AUTHOR = { name: 'oss-pr-reviewer', email: 'oss-pr-reviewer@users.noreply.github.com' } as const;
const FILE_MODE = '100644';
const EXECUTABLE_MODE = '100755';
const NOT_FOUND = 404;
const ALREADY_THERE = 422;

/**
 * Makes a branch of one commit. Author and date are fixed, so that the same change is the same commit whoever makes it.
 * @throws Error where the branch is there and holds another commit: somebody else's is never moved
 */
export async function commitOnBranch(
  octokit: Octokit,
  place: Place,
  { branch, parent, files, message }: BranchChange,
): Promise<string> {
  const { git } = octokit.rest;
  const { data: on } = await git.getCommit({ ...place, commit_sha: parent });
  const modes = new Map((await treeOf(octokit, place, on.tree.sha)).map(({ path, mode }) => [path, mode]));
  const { data: tree } = await git.createTree({
    ...place,
    base_tree: on.tree.sha,
    tree: [...files].map(([path, content]) => ({
      path,
      mode: modes.get(path) === EXECUTABLE_MODE ? EXECUTABLE_MODE : FILE_MODE,
      type: 'blob' as const,
      content,
    })),
  });
  const author = { ...AUTHOR, date: on.committer.date };
  const { data: commit } = await git.createCommit({
    ...place,
    message,
    tree: tree.sha,
    parents: [parent],
    author,
    committer: author,
  });
  if ((await branchHead(octokit, place, branch)) === commit.sha) return commit.sha;
  try {
    await git.createRef({ ...place, ref: `refs/heads/${branch}`, sha: commit.sha });
  } catch (error) {
    if (statusOf(error) !== ALREADY_THERE) throw error;
    if ((await branchHead(octokit, place, branch)) !== commit.sha)
      throw new Error(
        `branch ${branch} of ${place.owner}/${place.repo} holds another commit than ${commit.sha}; remove the branch`,
        { cause: error },
      );
  }
  return commit.sha;
}

async function branchHead(octokit: Octokit, place: Place, branch: string): Promise<string | undefined> {
  try {
    const { data } = await octokit.rest.git.getRef({ ...place, ref: `heads/${branch}` });
    return data.object.sha;
  } catch (error) {
    if (statusOf(error) === NOT_FOUND) return undefined;
    throw error;
  }
}
