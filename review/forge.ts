/** A pull request at its place. */
export interface PullRequestReference {
  readonly owner: string;
  readonly repository: string;
  readonly number: number;
}

export interface PullRequest extends PullRequestReference {
  readonly title: string;
  readonly body: string;
  /** The merge base: what the change is a change of. The settings of the repository are read here. */
  readonly baseCommit: string;
  readonly baseBranch: string;
  readonly headCommit: string;
  readonly headBranch: string;
  /** It comes from another repository, whose authors may not write to this one. */
  readonly fork: boolean;
  /** A program opened it: what it brings along may be written by strangers. */
  readonly bot: boolean;
  readonly draft: boolean;
  readonly open: boolean;
}

/** A comment on one line of the pull request's diff. */
export interface LineComment {
  readonly path: string;
  /** From 1, in the file of the head (RIGHT) or of the base (LEFT). */
  readonly line: number;
  readonly side: 'LEFT' | 'RIGHT';
  /** Markdown. */
  readonly body: string;
}

export interface OwnComment extends LineComment {
  /** The commit that it was written for. */
  readonly commit: string;
}

/** Files of one commit on top of another. */
export interface BranchChange {
  readonly branch: string;
  readonly parent: string;
  /** Path → whole text. */
  readonly files: ReadonlyMap<string, string>;
  readonly message: string;
}

export type Checks = 'none' | 'pending' | 'passed' | 'failed';

/**
 * What a place of pull requests must do. Everything that writes is idempotent: done twice with the same arguments, the
 * second time changes nothing. "Own" means written by this reviewer's own account, never by marker alone: anybody can
 * write a marker.
 */
export interface Forge {
  /** @throws when it cannot be read */
  pullRequest(of: PullRequestReference): Promise<PullRequest>;
  /**
   * What `to` has that its merge base with `from` has not (`git diff -M from...to`), as git writes it, with three lines
   * of context, renames found. Undefined: one of the commits is gone, as after a force push.
   */
  diff(of: PullRequestReference, from: string, to: string): Promise<string | undefined>;
  /** A file's text. Undefined: no such file there, or it is no UTF-8 text. */
  file(of: PullRequestReference, path: string, commit: string): Promise<string | undefined>;
  /** Every file's path in a commit. */
  paths(of: PullRequestReference, commit: string): Promise<readonly string[]>;
  /** This reviewer's own comments on lines, also on lines that are gone by now. */
  ownComments(of: PullRequestReference): Promise<readonly OwnComment[]>;
  /** One review with all comments, at once or not at all. A review of its own with this marker: nothing is done. */
  publishReview(
    of: PullRequestReference,
    commit: string,
    comments: readonly LineComment[],
    marker: string,
  ): Promise<void>;
  /** This reviewer's own one summary, as it was written. The marker stands in it. */
  summary(of: PullRequestReference, marker: string): Promise<string | undefined>;
  /** Writes that one summary, or writes over it. `body` contains the marker. */
  writeSummary(of: PullRequestReference, body: string, marker: string): Promise<void>;
  /** Makes a branch of one commit, and answers its id. The same parent and files: the same commit. Never moves a branch of another's making. */
  commitOnBranch(of: PullRequestReference, change: BranchChange): Promise<string>;
  /** What the repository's own checks say of a commit. */
  checks(of: PullRequestReference, commit: string): Promise<Checks>;
}
