import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from '../contracts/part.ts';
import { readIfPresent, writeAtomically } from './files.ts';
import { installedManifest, MANIFEST, type Manifest } from './manifest.ts';
import { PartError } from './part-error.ts';

type Document = Part['documents'][number];

/** What is between the documents on disk and the wanted ones. */
export interface DocumentChanges {
  /** Missing on disk, or with another text there. */
  readonly write: readonly { readonly document: Document; readonly text: Uint8Array }[];
  /** Installed by the last manifest, unknown to this one. */
  readonly remove: readonly Document[];
}

/**
 * Compares with the texts that really lie on disk, so that a document that somebody edited counts as changed.
 * @throws PartError when a text beside the manifest is not the one that the manifest was written for
 */
export function compareDocuments(manifest: Manifest, folder: string): DocumentChanges {
  const { documents } = manifest.part;
  const installed = installedManifest(folder)?.part.documents ?? [];
  return {
    write: documents
      .filter(({ file, sha256 }) => sha256Of(readIfPresent(join(folder, file))) !== sha256)
      .map((document) => ({ document, text: sourceOf(document, manifest) })),
    remove: installed.filter(({ file }) => !documents.some((wanted) => wanted.file === file)),
  };
}

/** Whether a running program can take all these changes over. */
export function areReloadable({ write, remove }: DocumentChanges, { reload }: Part): boolean {
  const changed = [...write.map(({ document }) => document), ...remove];
  return changed.length === 0 || (reload !== undefined && changed.every(({ reloadable }) => reloadable));
}

/** Writes the changed documents and the manifest itself; touches no file that is as it should be. */
export function install(manifest: Manifest, { write, remove }: DocumentChanges, folder: string): void {
  for (const { document, text } of write) writeAtomically(join(folder, document.file), text);
  for (const { file } of remove) rmSync(join(folder, file), { force: true });
  if (readIfPresent(join(folder, MANIFEST))?.toString() !== manifest.text)
    writeAtomically(join(folder, MANIFEST), manifest.text);
}

/** One hash for all documents of a manifest, whatever their order. Hex. */
export function documentsHash({ documents }: Part): string {
  const lines = documents.map(({ file, sha256 }) => `${file} ${sha256}\n`).toSorted();
  return createHash('sha256').update(lines.join('')).digest('hex');
}

function sourceOf({ file, sha256 }: Document, { part, folder }: Manifest): Uint8Array {
  const path = join(folder, file);
  const text = readIfPresent(path);
  if (text !== undefined && sha256Of(text) === sha256) return text;
  const found = text === undefined ? 'is missing' : 'has another text than part.json was written for';
  throw new PartError(part.name, `${path} ${found}; \`fleet up ${part.environment}\` writes both anew`);
}

function sha256Of(text: Uint8Array | undefined): string | undefined {
  return text === undefined ? undefined : createHash('sha256').update(text).digest('hex');
}
