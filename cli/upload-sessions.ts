import { rmSync } from 'node:fs';
import { z } from 'zod';
import { PRIVATE_FILE, readIfPresent, writeAtomically } from '../parts/files.ts';
import type { Upload, UploadSessions } from './clouds/cloud.ts';
import { parseJson } from './json.ts';

const Sessions = z.record(z.string(), z.strictObject({ sha256: z.string(), session: z.string() }));

/**
 * Begun uploads in a file, which is its owner's alone: with a session anybody may write that one object.
 * @param bucket Part of the key, as one project may fill several.
 */
export function uploadSessions(file: string, bucket: string): UploadSessions {
  const read = () => Sessions.safeParse(parseJson(readIfPresent(file)?.toString('utf8') ?? '{}')).data ?? {};
  const write = (sessions: z.output<typeof Sessions>) => {
    if (Object.keys(sessions).length === 0) rmSync(file, { force: true });
    else writeAtomically(file, `${JSON.stringify(sessions, null, 2)}\n`, PRIVATE_FILE);
  };
  const name = ({ key }: Upload) => `${bucket}/${key}`;
  return {
    get: (upload) => {
      const known = read()[name(upload)];
      return known?.sha256 === upload.sha256 ? known.session : undefined;
    },
    set: (upload, session) => write({ ...read(), [name(upload)]: { sha256: upload.sha256, session } }),
    forget: (upload) => {
      const { [name(upload)]: _done, ...rest } = read();
      write(rest);
    },
  };
}
