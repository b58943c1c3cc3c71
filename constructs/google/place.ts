/** Where an environment's resources are, and what it is called. */
export interface Place {
  readonly environment: string;
  readonly project: string;
  readonly region: string;
  readonly zones: readonly string[];
}
