import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const FOLDER = join(import.meta.dirname, '../fixtures/pull-requests');

const RecordedSchema = z.object({
  source: z.string(),
  license: z.string(),
  commit: z.string(),
  language: z.string(),
  title: z.string(),
  /** As git writes it. */
  diff: z.string(),
  /** Changed files as they were; a new one is absent. */
  before: z.record(z.string(), z.string()),
  /** Changed files as they are; a deleted one is absent. */
  after: z.record(z.string(), z.string()),
});

/** A change of a public repository, with the name of its file here. */
export type RecordedPullRequest = z.infer<typeof RecordedSchema> & { readonly name: string };

/** Changes in three languages; one is of moves alone. Licences of what they are of lie beside them. */
export function recordedPullRequests(): RecordedPullRequest[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({
      ...RecordedSchema.parse(JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))),
      name: file.replace('.json', ''),
    }));
}
