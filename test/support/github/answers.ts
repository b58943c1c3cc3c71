import type { GithubApi } from './api.ts';
import { type Asked, exampleOf } from './openapi.ts';
import { APP, OWNER, REPOSITORY, type StoredPull } from './stored.ts';

export type Answer =
  | { readonly json: unknown; readonly status?: number; readonly pages?: number }
  | { readonly text: Buffer | string; readonly type: string };

/** What GitHub itself would refuse. */
export class HttpProblem extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

type Answerer = (github: GithubApi, asked: Asked, accept: string) => Answer;

interface NewReview {
  readonly commit_id: string;
  readonly body: string;
  readonly comments?: readonly { path: string; line: number; side: string; body: string }[];
}

/** Operation → what is answered: GitHub's own example, changed where it matters. */
export const ANSWERS: Readonly<Record<string, Answerer>> = {
  'apps/get-authenticated': () => ({
    json: { ...exampleOf('apps/get-authenticated'), id: APP.id, slug: APP.slug },
  }),
  'apps/create-installation-access-token': (github, { path, body }) => {
    if (path.installation_id !== String(APP.installation)) throw new HttpProblem(404, 'Not Found');
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    return {
      json: {
        token: github.token,
        expires_at: expires,
        permissions: body.permissions ?? {},
        repository_selection: 'selected',
      },
    };
  },
  'pulls/get': (github, asked) => ({ json: pullJson(pullOf(github, asked)) }),
  'pulls/list-reviews': (github, asked) =>
    page(
      asked,
      pullOf(github, asked).reviews.map(({ id, login, body, commit }) => ({
        ...exampleOf('pulls/list-reviews'),
        ...{ id, body, commit_id: commit, state: 'COMMENTED', user: user(login) },
      })),
    ),
  'pulls/create-review': (github, asked) => {
    const pull = pullOf(github, asked);
    const review = asked.body as unknown as NewReview;
    if (!github.repository.has(review.commit_id)) throw new HttpProblem(422, 'No commit found for SHA');
    const lines = linesOfDiff(github, pull, review.commit_id);
    for (const { path, line, side } of review.comments ?? [])
      if (!lines.has(`${side} ${path} ${line}`))
        throw new HttpProblem(422, 'pull_request_review_thread.line must be part of the diff');
    const stored = { id: github.newId(), login: github.bot, commit: review.commit_id, body: review.body };
    pull.reviews.push({ ...stored, comments: review.comments ?? [] });
    return {
      json: {
        ...exampleOf('pulls/create-review'),
        ...{ id: stored.id, body: stored.body, commit_id: stored.commit, state: 'COMMENTED' },
        user: user(stored.login),
      },
    };
  },
  'pulls/list-review-comments': (github, asked) =>
    page(
      asked,
      pullOf(github, asked).reviews.flatMap(({ login, commit, comments }) =>
        comments.map(({ path, line, side, body }) => ({
          ...exampleOf('pulls/list-review-comments'),
          ...{ path, body, commit_id: commit, original_commit_id: commit, user: user(login) },
          ...{ line, original_line: line, side, start_line: null, start_side: null },
        })),
      ),
    ),
  'issues/list-comments': (github, asked) => page(asked, pullOf(github, asked).comments.map(issueComment)),
  'issues/create-comment': (github, asked) => {
    const { body } = asked;
    const pull = pullOf(github, asked);
    const comment = { id: github.newId(), login: github.bot, body: String(body.body) };
    pull.comments.push(comment);
    return { json: issueComment(comment) };
  },
  'issues/update-comment': (github, { path, body }) => {
    const comment = [...github.pulls.values()]
      .flatMap(({ comments }) => comments)
      .find(({ id }) => id === Number(path.comment_id));
    if (comment === undefined) throw new HttpProblem(404, 'Not Found');
    if (comment.login !== github.bot) throw new HttpProblem(403, 'Resource not accessible by integration');
    comment.body = String(body.body);
    return { json: issueComment(comment) };
  },
  'repos/compare-commits-with-basehead': ({ repository }, { path }, accept) => {
    const [from = '', to = ''] = (path.basehead ?? '').split('...');
    if (!repository.has(from) || !repository.has(to)) throw new HttpProblem(404, 'Not Found');
    if (accept.includes('diff'))
      return {
        text: repository.bytes({}, 'diff', '-M', '--no-color', `${from}...${to}`),
        type: 'application/vnd.github.diff',
      };
    const example = exampleOf('repos/compare-commits-with-basehead');
    const base = repository.git('merge-base', from, to);
    const mergeBase = { ...(example.merge_base_commit as object), sha: base };
    return { json: { ...example, merge_base_commit: mergeBase } };
  },
  'repos/get-combined-status-for-ref': () => ({
    json: {
      ...exampleOf('repos/get-combined-status-for-ref'),
      ...{ state: 'pending', total_count: 0, statuses: [] },
    },
  }),
  'checks/list-for-ref': (github, { path, query }) => {
    const runs = (github.runs.get(path.ref ?? '') ?? []).map((run, id) => ({
      ...(exampleOf('checks/list-for-ref').check_runs as object[])[0],
      ...{ id, ...run, completed_at: run.status === 'completed' ? '2026-01-02T03:04:05Z' : null },
    }));
    return { json: { total_count: runs.length, check_runs: slice(query, runs) }, pages: pages(query, runs) };
  },
};

function slice<T>(query: Asked['query'], all: readonly T[]): readonly T[] {
  const size = Number(query.per_page ?? 30);
  const start = (Number(query.page ?? 1) - 1) * size;
  return all.slice(start, start + size);
}

function pages(query: Asked['query'], all: readonly unknown[]): number {
  return Math.ceil(all.length / Number(query.per_page ?? 30));
}

function page({ query }: Pick<Asked, 'query'>, all: readonly unknown[]): Answer {
  return { json: slice(query, all), pages: pages(query, all) };
}

function user(login: string) {
  const example = exampleOf('pulls/list-reviews').user as object;
  return { ...example, login, type: login.endsWith('[bot]') ? 'Bot' : 'User' };
}

function issueComment({ id, login, body }: { id: number; login: string; body: string }) {
  return { ...exampleOf('issues/create-comment'), id, body, user: user(login) };
}

function pullOf(github: GithubApi, { path }: Pick<Asked, 'path'>): StoredPull {
  const pull = github.pulls.get(Number(path.pull_number ?? path.issue_number));
  if (pull === undefined) throw new HttpProblem(404, 'Not Found');
  return pull;
}

function pullJson(pull: StoredPull) {
  const example = exampleOf('pulls/get') as Record<string, { repo?: object; user?: object }>;
  const repo = { ...example.base?.repo, id: 1, name: REPOSITORY, full_name: `${OWNER}/${REPOSITORY}` };
  const from = pull.fork ? { ...repo, id: 2, full_name: `stranger/${REPOSITORY}` } : repo;
  return {
    ...example,
    ...{ number: pull.number, title: pull.title, body: pull.body, draft: pull.draft },
    state: pull.open ? 'open' : 'closed',
    user: user('ada'),
    // GitHub's example of a team lacks what its schema requires.
    requested_teams: [],
    base: { ...example.base, sha: pull.base, ref: 'main', repo },
    head: { ...example.head, sha: pull.head, ref: pull.headBranch, repo: from },
  };
}

/** Lines that a comment may stand at: all that the diff shows, as GitHub says. */
function linesOfDiff({ repository }: GithubApi, { base }: StoredPull, head: string): Set<string> {
  const text = repository.bytes({}, 'diff', '-M', '--no-color', `${base}...${head}`).toString();
  const lines = new Set<string>();
  let [left, right, path, oldPath] = [0, 0, '', ''];
  let inHunk = false;
  for (const line of text.split('\n')) {
    const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line);
    if (line.startsWith('diff --git')) inHunk = false;
    if (hunk !== null) {
      [left, right, inHunk] = [Number(hunk[1]), Number(hunk[2]), true];
    } else if (!inHunk) {
      // A name with a blank has a tab after it.
      oldPath = /^--- (?:a\/)?([^\t]+)/.exec(line)?.[1] ?? oldPath;
      const named = /^\+\+\+ (?:b\/)?([^\t]+)/.exec(line)?.[1];
      if (named !== undefined) path = named === '/dev/null' ? oldPath : named;
    } else if (line.startsWith('+')) lines.add(`RIGHT ${path} ${right++}`);
    else if (line.startsWith('-')) lines.add(`LEFT ${path} ${left++}`);
    else if (line.startsWith(' ')) {
      lines.add(`RIGHT ${path} ${right++}`).add(`LEFT ${path} ${left++}`);
    }
  }
  return lines;
}
