export const APP = { id: 4711, slug: 'fleet-reviewer', installation: 99 } as const;
export const OWNER = 'acme';
export const REPOSITORY = 'shop';

export interface StoredReview {
  readonly id: number;
  readonly login: string;
  readonly commit: string;
  readonly body: string;
  readonly comments: readonly { path: string; line: number; side: string; body: string }[];
}

export interface StoredPull {
  readonly number: number;
  title: string;
  body: string;
  draft: boolean;
  open: boolean;
  fork: boolean;
  base: string;
  head: string;
  readonly headBranch: string;
  readonly reviews: StoredReview[];
  readonly comments: { readonly id: number; readonly login: string; body: string }[];
}

export interface StoredRun {
  readonly name: string;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion: 'success' | 'failure' | 'neutral' | 'cancelled' | null;
}
