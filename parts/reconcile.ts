import type { Part } from '../contracts/part.ts';
import {
  areReloadable,
  compareDocuments,
  type DocumentChanges,
  documentsHash,
  install,
} from './documents.ts';
import { generate } from './generate.ts';
import { halt } from './halt.ts';
import { type Host, partFolder } from './host.ts';
import { type Instance, readInstance, writeInstance } from './instance.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { PartError, PortTakenError } from './part-error.ts';
import { withPartLock } from './part-lock.ts';
import { isAlive } from './pid.ts';
import { holderOf, isFree } from './ports.ts';
import { programEnvironment } from './program-environment.ts';
import { type Applied, awaitApplied, awaitReady, NotReadyError, readApplied } from './readiness.ts';
import { type Running, start } from './start.ts';

/** What had to be done to make a part true. */
export interface Outcome {
  readonly part: string;
  readonly action: 'adopted' | 'started' | 'restarted' | 'reloaded';
  readonly pid: number;
}

/**
 * How far to wait: until the program serves, or until it has applied the manifest's documents as well. A part that
 * needs another one to apply its documents (the router agent needs nginx) can be ready long before.
 */
export type Until = 'ready' | 'applied';

const PROBE_MILLISECONDS = 2000;

/**
 * Makes one part true on this host: its program runs as the manifest says and has applied the manifest's
 * documents. Does nothing when that is so already; a running program is kept whenever it can be. Calls for the
 * same part wait for each other. Whatever an interrupted call left behind, the next one mends.
 *
 * @param manifestPath a part.json with its documents beside it: the synthesized one, or the installed one to heal
 * @throws PartError, PortTakenError, or Error for a manifest that cannot be read
 */
export async function reconcile(
  manifestPath: string,
  host: Host,
  until: Until = 'applied',
): Promise<Outcome> {
  const { part } = readManifest(manifestPath);
  return withPartLock(host, part.environment, part.name, () =>
    makeTrue(readManifest(manifestPath), host, until),
  );
}

async function makeTrue(manifest: Manifest, host: Host, until: Until): Promise<Outcome> {
  const { part } = manifest;
  const folder = partFolder(host, part.environment, part.name);
  const generated = await generate(part, host);
  const changes = compareDocuments(manifest, folder);
  const instance = readInstance(folder);
  const stays =
    instance !== undefined &&
    isAlive(instance) &&
    instance.stopping === undefined &&
    instance.processHash === part.processHash &&
    instance.generated === generated &&
    areReloadable(changes, part);
  const { outcome, running, known } = stays
    ? await keep(instance, manifest, changes, host)
    : await replace(manifest, changes, generated, host);
  if (until === 'applied' && outcome.action !== 'adopted') await awaitApplied(part, known, running, host);
  return outcome;
}

/** A part that serves; `known` is what it said of its documents before it was told. */
interface Serving {
  readonly outcome: Outcome;
  readonly running: Running;
  readonly known: Applied | undefined;
}

/** Keeps the running program; tells it about its documents when it does not have the wanted ones. */
async function keep(
  instance: Instance,
  manifest: Manifest,
  changes: DocumentChanges,
  host: Host,
): Promise<Serving> {
  const { part } = manifest;
  const folder = partFolder(host, part.environment, part.name);
  const ending = () => (isAlive(instance) ? undefined : 'exit code unknown');
  const running: Running = { instance, ending, logStart: 0 };
  const known = await readApplied(part, host, PROBE_MILLISECONDS);
  const told = instance.documents === documentsHash(part) && changes.write.length === 0;
  const hasApplied = part.applied === undefined || known?.version === part.applied.version;
  reportWriting(part, changes, host);
  install(manifest, changes, folder);
  await awaitReady(part, running, host);
  if (told && hasApplied) {
    host.report({ part: part.name, step: 'adopted', detail: `pid ${instance.pid}` });
    return { outcome: { part: part.name, action: 'adopted', pid: instance.pid }, running, known };
  }
  host.report({ part: part.name, step: 'reloading', detail: `pid ${instance.pid}` });
  if (part.reload === 'hangup' && isAlive(instance)) process.kill(instance.pid, 'SIGHUP');
  writeInstance(folder, { ...instance, documents: documentsHash(part) });
  return { outcome: { part: part.name, action: 'reloaded', pid: instance.pid }, running, known };
}

/** Ends what runs of the part and starts it anew. What can be found wrong beforehand leaves the old one running. */
async function replace(
  manifest: Manifest,
  changes: DocumentChanges,
  generated: string,
  host: Host,
): Promise<Serving> {
  const { part } = manifest;
  const folder = partFolder(host, part.environment, part.name);
  const env = programEnvironment(part, host);
  const stopped = await halt(host, part.environment, part.name);
  await requireFreePorts(part);
  reportWriting(part, changes, host);
  install(manifest, changes, folder);
  const running = await start(part, env, generated, host);
  try {
    await awaitReady(part, running, host);
  } catch (error) {
    if (error instanceof NotReadyError) await halt(host, part.environment, part.name);
    throw error;
  }
  const action = stopped ? 'restarted' : 'started';
  return { outcome: { part: part.name, action, pid: running.instance.pid }, running, known: undefined };
}

async function requireFreePorts({ environment, name, listens }: Part): Promise<void> {
  for (const { address, port, key } of listens) {
    const free = await isFree(address, port).catch((cause: Error) => {
      const message = `cannot listen on ${address}:${port} (${cause.message}); see environments/${environment}.yaml: ${key}`;
      throw new PartError(name, message, { cause });
    });
    if (!free) throw new PortTakenError(name, { environment, address, port, key, holder: holderOf(port) });
  }
}

function reportWriting({ name }: Part, { write }: DocumentChanges, host: Host): void {
  if (write.length === 0) return;
  host.report({ part: name, step: 'writing', detail: write.map(({ document }) => document.file).join(', ') });
}
