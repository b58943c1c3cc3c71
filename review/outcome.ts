/** How a review ended. */
export type Outcome =
  | ({ readonly state: 'reviewed' } & Report)
  /** Nothing to do for this commit, and why: `closed`, `draft`, `already reviewed`, `switched off`. */
  | { readonly state: 'skipped'; readonly why: string; readonly costUsd: number | undefined }
  /** The pull request has a newer commit by now; that one's job goes on. */
  | { readonly state: 'superseded'; readonly by: string; readonly costUsd: number | undefined };

export interface Report {
  readonly findings: number;
  /** Findings that the second pass, or the diff itself, did not bear out. */
  readonly thrownOut: number;
  /** Findings that were said before. */
  readonly duplicates: number;
  /** Where generated tests wait for the repository's own checks: call `readTestResults` when these are there. */
  readonly tests?: { readonly branch: string; readonly commit: string };
  readonly refusedToolCalls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Undefined: the price of some answer is unknown, which is not zero. */
  readonly costUsd: number | undefined;
}

/** What became of the tests that were offered. */
export type TestsOutcome =
  | { readonly state: 'waiting' }
  | { readonly state: 'none'; readonly why: string }
  | { readonly state: 'recommended' | 'not recommended'; readonly branch: string; readonly commit: string };
