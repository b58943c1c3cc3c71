import type { EnvironmentDocument } from './environment-schema.ts';

/** One environment: its name (the file's) and what the file says, defaults filled in. */
export interface Environment extends EnvironmentDocument {
  readonly name: string;
}
