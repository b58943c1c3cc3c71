import { z } from 'zod';

/** How a review ended. */
export type Outcome =
  | ({ readonly state: 'reviewed' } & Report)
  /** Nothing to do for this commit, and why: `closed`, `draft`, `already reviewed`, `switched off`, `the settings are wrong`. */
  | { readonly state: 'skipped'; readonly why: string; readonly costUsd: number | undefined }
  /** The pull request has a newer commit by now; that one's job goes on. */
  | { readonly state: 'superseded'; readonly by: string; readonly costUsd: number | undefined };

export const ReportSchema = z.object({
  findings: z.number(),
  /** Findings that the second pass, or the diff itself, did not bear out. */
  thrownOut: z.number(),
  /** Findings that were said before. */
  duplicates: z.number(),
  /** Where generated tests wait for the repository's own checks: call `readTestResults` when these are there. */
  tests: z.object({ branch: z.string(), commit: z.string() }).optional(),
  refusedToolCalls: z.number(),
  promptTokens: z.number(),
  completionTokens: z.number(),
  /** Absent: the price of some answer is unknown, which is not zero. */
  costUsd: z.number().optional(),
});

/** What a review came to. */
export type Report = z.infer<typeof ReportSchema>;

/** What became of the tests that were offered. */
export type TestsOutcome =
  | { readonly state: 'waiting' }
  | { readonly state: 'none'; readonly why: string }
  | { readonly state: 'recommended' | 'not recommended'; readonly branch: string; readonly commit: string };
