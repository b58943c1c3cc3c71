import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ENGINE_FILES, ENGINE_FOLDER } from '../contracts/engine-packages.ts';
import { HARMONY_FILES, HARMONY_FOLDER } from '../contracts/weights-manifest.ts';
import type { LocalFile } from './checkpoint.ts';
import type { Variables } from './context.ts';
import { Failure } from './errors.ts';

/** Files that are published with known hashes, and which nodes need beside the weights. */
export interface PublishedFolder {
  /** In the bucket, and below `.fleet` on this host. */
  readonly folder: string;
  readonly what: string;
  /** Variable that names another folder on this host. */
  readonly variable?: string;
  readonly files: readonly { readonly path: string; readonly sha256: string; readonly source: string }[];
}

export const HARMONY: PublishedFolder = {
  folder: HARMONY_FOLDER,
  what: 'the Harmony vocabulary',
  variable: 'TIKTOKEN_ENCODINGS_BASE',
  files: HARMONY_FILES,
};

export const ENGINE: PublishedFolder = {
  folder: ENGINE_FOLDER,
  what: 'the container engine',
  files: ENGINE_FILES,
};

/**
 * The files on this host.
 * @throws Failure with the commands that download what is missing
 */
export function publishedFiles(
  project: string,
  env: Variables,
  { folder, what, variable, files }: PublishedFolder,
): LocalFile[] {
  const named = variable === undefined ? undefined : env[variable];
  const given = named === '' ? undefined : named;
  const shown = given ?? `.fleet/${folder}`;
  const absolute = given ?? join(project, shown);
  const missing = files.filter(({ path }) => !existsSync(join(absolute, path)));
  if (missing.length > 0) {
    const commands = missing.map(
      ({ path, source }) => `  curl --fail --location --create-dirs --output ${join(shown, path)} ${source}`,
    );
    throw new Failure([`nodes need ${what}, which is not in ${shown}; download it:`, ...commands].join('\n'));
  }
  return files.map(({ path }) => {
    const file = join(absolute, path);
    return { path, absolute: file, bytes: statSync(file).size };
  });
}

/** @throws Failure for a file that is not the published one */
export function checkPublished({ what, files }: PublishedFolder, path: string, sha256: string): void {
  const published = files.find((file) => file.path === path);
  if (published === undefined || published.sha256 === sha256) return;
  throw new Failure(
    `${path} of ${what} is not the published one (sha256 ${sha256}); download it again from ${published.source}`,
  );
}
