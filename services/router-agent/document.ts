import { routerDocumentVersion } from '../../contracts/router-documents.ts';
import { type NotedWeight, readWeightsNote } from '../../contracts/weights-note.ts';

const FIRST_LINE = /^# gpt-oss-fleet router document, version ([0-9a-f]{12})\n/;
const WEIGHTS_LINE = /^# Environment \S+, weights (.+)$/m;
const SERVERS_INCLUDE = /^\s*include servers\/([a-z0-9.-]+_[a-z0-9.-]+)\.conf;$/gm;

/** An nginx.conf whose version matches its content. */
export interface RouterDocument {
  readonly text: string;
  readonly version: string;
  /** `<model>_<release>` of each servers file that it includes. */
  readonly targets: readonly string[];
  /** Weights and roles as its head says them, for metrics: nginx splits by what follows. */
  readonly weights: readonly NotedWeight[];
}

/** A document or a servers list that is not applied. The message says why, in nginx's words where nginx refused it. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}

/** The version that a document says it has. */
export function claimedVersion(text: string): string | undefined {
  return FIRST_LINE.exec(text)?.[1];
}

/**
 * Checks that a document is complete and unchanged since it was rendered: its version is the first 12 hex digits
 * of the SHA-256 of its text without the version.
 * @throws RefusedError
 */
export function verifyDocument(text: string): RouterDocument {
  const version = claimedVersion(text);
  if (version === undefined)
    throw new RefusedError('the document does not begin with its version: not a router document, or cut off');
  const content = routerDocumentVersion(text.replaceAll(version, ''));
  if (content !== version)
    throw new RefusedError(
      `the document says version ${version}, its content is ${content}: changed or cut off, render it again`,
    );
  return {
    ...{ text, version },
    targets: Array.from(text.matchAll(SERVERS_INCLUDE), ([, target]) => target ?? ''),
    weights: readWeightsNote(WEIGHTS_LINE.exec(text)?.[1] ?? ''),
  };
}
