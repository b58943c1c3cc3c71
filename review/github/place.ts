/** A repository as GitHub's client names it. */
export interface Place {
  readonly owner: string;
  readonly repo: string;
}

/** Of an answer that is an error. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && 'status' in error && typeof error.status === 'number'
    ? error.status
    : undefined;
}
