import type { NotedWeight } from '../../contracts/weights-note.ts';
import type { ServingRelease } from './fleet-servers.ts';
import type { Problem, SourceName } from './readers.ts';

export type AgentState =
  | 'no document'
  | 'refused'
  | 'waiting for nginx'
  | 'waiting for old workers'
  | 'not loaded'
  | 'applied';

/** Body of `GET /status`. */
export interface AgentStatus {
  /** Version that nginx answers with; null if it does not answer. */
  readonly version: string | null;
  /** Version of the document at its source, also if refused. */
  readonly wanted: string | null;
  /** Tag of the servers that nginx answers with. */
  readonly servers: string | null;
  readonly state: AgentState;
  /** Why something that is wanted is not applied, or may be out of date. */
  readonly error?: string;
  readonly nginx: 'running' | 'stopped';
}

/** What only metrics tell. */
export interface AgentFacts {
  /** Times that nginx was told to load its files again. */
  readonly reloads: number;
  /** Different documents that were refused, since the start. */
  readonly refusedDocuments: number;
  /** Failed readings since the start. */
  readonly sourceErrors: ReadonlyMap<SourceName, number>;
  readonly problems: readonly Problem[];
  readonly releases: readonly ServingRelease[];
  /** Of the document that nginx has loaded. */
  readonly weights: readonly NotedWeight[];
}
