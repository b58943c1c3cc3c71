import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HARMONY_FILES } from '../contracts/weights-manifest.ts';
import type { LocalFile } from './checkpoint.ts';
import type { Variables } from './context.ts';
import { Failure } from './errors.ts';

/** Where the vocabulary is looked for when TIKTOKEN_ENCODINGS_BASE names no folder. */
const FOLDER = '.fleet/harmony';

/**
 * The Harmony vocabulary on this host.
 * @throws Failure with the commands that download it
 */
export function harmonyFiles(project: string, { TIKTOKEN_ENCODINGS_BASE: given }: Variables): LocalFile[] {
  const folder = given === undefined || given === '' ? join(project, FOLDER) : given;
  const missing = HARMONY_FILES.filter(({ path }) => !existsSync(join(folder, path)));
  if (missing.length > 0) {
    const commands = missing.map(
      ({ path, source }) =>
        `  curl --fail --location --create-dirs --output ${join(given ?? FOLDER, path)} ${source}`,
    );
    throw new Failure(
      [
        `gpt-oss needs the Harmony vocabulary, which is not in ${given ?? FOLDER}; download it:`,
        ...commands,
      ].join('\n'),
    );
  }
  return HARMONY_FILES.map(({ path }) => {
    const absolute = join(folder, path);
    return { path, absolute, bytes: statSync(absolute).size };
  });
}

/** @throws Failure for a file that is not the published one */
export function checkHarmony(path: string, sha256: string): void {
  const published = HARMONY_FILES.find((file) => file.path === path);
  if (published === undefined || published.sha256 === sha256) return;
  throw new Failure(
    `${path} is not the published vocabulary (sha256 ${sha256}); download it again from ${published.source}`,
  );
}
