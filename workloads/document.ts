import { createHash } from 'node:crypto';

/** A text that a part reads. */
export interface Document {
  readonly text: string;
  /** First 12 hex digits of a SHA-256: what the running part reports as applied. */
  readonly version: string;
}

/** A document whose version is the hash of its whole text. */
export function textDocument(text: string): Document {
  return { text, version: sha256(text).slice(0, 12) };
}

/** A value as a JSON document, two spaces, with a final newline. */
export function jsonDocument(value: unknown): Document {
  return textDocument(`${JSON.stringify(value, null, 2)}\n`);
}

export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
