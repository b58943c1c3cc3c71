import type { Octokit } from 'octokit';
import type { Forge, OwnComment, PullRequest, PullRequestReference } from '../forge.ts';
import { checksOf } from './checks.ts';
import { commitOnBranch } from './commit.ts';
import { fileText, pathsOf } from './files.ts';
import { statusOf } from './place.ts';

export interface GithubForgeProps {
  readonly octokit: Octokit;
  /** The account that this app writes as: `name[bot]`. */
  readonly login: string;
}

const PAGE = 100;
const UNAVAILABLE = [404, 422];

/** A pull request's place at GitHub. What is this reviewer's own is told by its account. */
export function githubForge({ octokit, login }: GithubForgeProps): Forge {
  const { pulls, issues, repos } = octokit.rest;
  const place = ({ owner, repository: repo }: PullRequestReference) => ({ owner, repo });
  const pullOf = (of: PullRequestReference) => ({ ...place(of), pull_number: of.number });

  async function ownSummary(of: PullRequestReference, marker: string) {
    const all = await octokit.paginate(issues.listComments, {
      ...place(of),
      issue_number: of.number,
      per_page: PAGE,
    });
    return all.find(({ user, body }) => user?.login === login && body?.includes(marker) === true);
  }

  return {
    async pullRequest(of): Promise<PullRequest> {
      const { data } = await pulls.get(pullOf(of));
      const { data: compared } = await repos.compareCommitsWithBasehead({
        ...place(of),
        basehead: `${data.base.sha}...${data.head.sha}`,
        per_page: 1,
      });
      return {
        ...of,
        title: data.title,
        body: data.body ?? '',
        baseCommit: compared.merge_base_commit.sha,
        baseBranch: data.base.ref,
        headCommit: data.head.sha,
        headBranch: data.head.ref,
        fork: data.head.repo?.id !== data.base.repo.id,
        bot: data.user.type === 'Bot',
        draft: data.draft ?? false,
        open: data.state === 'open',
      };
    },

    async diff(of, from, to) {
      try {
        const { data } = await repos.compareCommitsWithBasehead({
          ...place(of),
          basehead: `${from}...${to}`,
          mediaType: { format: 'diff' },
        });
        if (typeof data !== 'string') throw new Error(`GitHub answers no diff of ${from} and ${to}`);
        return data;
      } catch (error) {
        if (UNAVAILABLE.includes(statusOf(error) ?? 0)) return undefined;
        throw error;
      }
    },

    file: (of, path, commit) => fileText(octokit, place(of), path, commit),

    paths: (of, commit) => pathsOf(octokit, place(of), commit),

    async ownComments(of): Promise<OwnComment[]> {
      const all = await octokit.paginate(pulls.listReviewComments, { ...pullOf(of), per_page: PAGE });
      return all
        .filter(({ user }) => user?.login === login)
        .map((comment) => ({
          path: comment.path,
          line: comment.original_line ?? comment.line ?? 0,
          side: comment.side ?? 'RIGHT',
          body: comment.body,
          commit: comment.original_commit_id,
        }));
    },

    async publishReview(of, commit, comments, marker) {
      const all = await octokit.paginate(pulls.listReviews, { ...pullOf(of), per_page: PAGE });
      if (all.some(({ user, body }) => user?.login === login && body.includes(marker))) return;
      await pulls.createReview({
        ...pullOf(of),
        commit_id: commit,
        event: 'COMMENT',
        body: marker,
        comments: comments.map(({ path, line, side, body }) => ({ path, line, side, body })),
      });
    },

    async summary(of, marker) {
      return (await ownSummary(of, marker))?.body;
    },

    async writeSummary(of, body, marker) {
      const found = await ownSummary(of, marker);
      if (found === undefined) await issues.createComment({ ...place(of), issue_number: of.number, body });
      else if (found.body !== body) await issues.updateComment({ ...place(of), comment_id: found.id, body });
    },

    commitOnBranch: (of, change) => commitOnBranch(octokit, place(of), change),

    checks: (of, commit) => checksOf(octokit, place(of), commit),
  };
}
