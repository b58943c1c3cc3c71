import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../contracts/environment.ts';
import { readIfPresent, writeAtomically } from '../../parts/files.ts';
import { partFolder } from '../../parts/host.ts';
import { MANIFEST, readManifest } from '../../parts/manifest.ts';
import { readApplied } from '../../parts/readiness.ts';
import { reconcile } from '../../parts/reconcile.ts';
import type { Context } from '../context.ts';
import { hostOf } from '../host.ts';
import { type Routers, versionOfDocument } from './routers.ts';

const AGENT = 'router-agent';
const DOCUMENT = 'nginx.conf';
const ANSWER_MS = 500;

/** The one router of this host: the document lies in its agent's folder, as a deploy puts it there. */
export function processRouters({ name }: Environment, context: Context): Routers {
  const host = hostOf(context);
  const folder = partFolder(host, name, AGENT);
  return {
    delivered: async () => readIfPresent(join(folder, DOCUMENT))?.toString(),

    // The installed manifest with another document, so that servers and program stay as they are.
    deliver: async (document) => {
      const { part, folder: installed } = readManifest(join(folder, MANIFEST));
      const draft = mkdtempSync(join(tmpdir(), 'fleet-router-'));
      try {
        for (const { file } of part.documents) {
          const text = file === DOCUMENT ? document : readIfPresent(join(installed, file));
          if (text !== undefined) writeAtomically(join(draft, file), text);
        }
        const changed = {
          ...part,
          documents: part.documents.map((one) =>
            one.file === DOCUMENT
              ? { ...one, sha256: createHash('sha256').update(document).digest('hex') }
              : one,
          ),
          applied: part.applied && {
            ...part.applied,
            version: versionOfDocument(document) ?? part.applied.version,
          },
        };
        writeAtomically(join(draft, MANIFEST), `${JSON.stringify(changed, null, 2)}\n`);
        await reconcile(join(draft, MANIFEST), host);
      } finally {
        rmSync(draft, { recursive: true, force: true });
      }
    },

    versions: async () => {
      const { part } = readManifest(join(folder, MANIFEST));
      const applied = await readApplied(part, host, ANSWER_MS);
      return [{ router: 'router', version: applied?.version, error: applied?.error }];
    },
  };
}
