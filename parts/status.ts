import { join } from 'node:path';
import { documentsHash } from './documents.ts';
import { type Host, partFolder } from './host.ts';
import { readInstance } from './instance.ts';
import { installedParts, MANIFEST, readManifest } from './manifest.ts';
import { isAlive } from './pid.ts';
import { withoutSecrets } from './program-environment.ts';
import { isReady, readApplied } from './readiness.ts';

/** One part as it is right now. */
export interface PartStatus {
  readonly name: string;
  /**
   * `unready`: runs, but does not answer. `dead`: ended by itself. `stopped`: was ended, or never started.
   * `broken`: its files cannot be read; `error` says why.
   */
  readonly state: 'running' | 'unready' | 'dead' | 'stopped' | 'broken';
  readonly pid?: number;
  readonly address?: string;
  /** Start of its program, milliseconds since 1970. */
  readonly since?: number;
  /** The version that the program says it has applied; for one that does not say, a short hash of its documents. */
  readonly version?: string;
  /** The version it should have, where that is another one. */
  readonly wanted?: string;
  /** Why the wanted version was refused, or what is broken. */
  readonly error?: string;
}

const ANSWER_MILLISECONDS = 500;
const SHORT_HASH = 8;

/** Every part that was ever installed in an environment, by name. Changes nothing and never throws for a broken part. */
export async function listParts(host: Host, environment: string): Promise<PartStatus[]> {
  return Promise.all(
    installedParts(host, environment).map((name) =>
      statusOf(name, environment, host).catch(
        (error: unknown): PartStatus => ({
          name,
          state: 'broken',
          error: error instanceof Error ? error.message : String(error),
        }),
      ),
    ),
  );
}

async function statusOf(name: string, environment: string, host: Host): Promise<PartStatus> {
  const folder = partFolder(host, environment, name);
  const { part } = readManifest(join(folder, MANIFEST));
  const instance = readInstance(folder);
  const shared = { name, address: part.address };
  if (instance === undefined) return { ...shared, state: 'stopped' };
  if (!isAlive(instance)) return { ...shared, state: 'dead', since: instance.startedAt };
  const [ready, applied] = await Promise.all([
    isReady(part, host, ANSWER_MILLISECONDS),
    readApplied(part, host, ANSWER_MILLISECONDS),
  ]);
  const short = part.documents.length === 0 ? undefined : documentsHash(part).slice(0, SHORT_HASH);
  return {
    ...shared,
    state: ready ? 'running' : 'unready',
    pid: instance.pid,
    since: instance.startedAt,
    version: part.applied === undefined ? short : applied?.version,
    wanted: part.applied?.version === applied?.version ? undefined : part.applied?.version,
    error: applied?.error === undefined ? undefined : withoutSecrets(applied.error, part, host),
  };
}
