import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Environment } from '../contracts/environment.ts';
import { readIfPresent } from '../parts/files.ts';
import { type Host, partFolder } from '../parts/host.ts';
import { readInstance } from '../parts/instance.ts';
import { isAlive } from '../parts/pid.ts';
import { poll } from '../parts/poll.ts';
import { baseUrlOf } from './base-url.ts';
import type { KeysDocument } from './keys-document.ts';

/** What became of changed keys at the gateway. */
export type GatewayAnswer =
  /** It uses them. */
  | { readonly state: 'applied' }
  /** It does not run on this host; it reads them when it starts. */
  | { readonly state: 'absent' }
  /** It runs elsewhere; a deploy brings them there. */
  | { readonly state: 'undelivered' }
  /** It runs and goes on with the keys that it had. */
  | { readonly state: 'refused'; readonly reason: string };

const Status = z.object({ keys: z.string().optional(), error: z.string().optional() });
const APPLY_SECONDS = 10;
const PROBE_MILLISECONDS = 2000;

/**
 * Makes the running gateway read its keys again, and waits until it says that it uses them.
 * @param document As it lies on disk: others may have changed it further in the meantime.
 */
export async function tellGateway(
  environment: Environment,
  { path }: KeysDocument,
  host: Host,
): Promise<GatewayAnswer> {
  const base = baseUrlOf(environment);
  if (environment.platform !== 'process' || base === undefined || path === undefined)
    return { state: 'undelivered' };
  const instance = readInstance(partFolder(host, environment.name, 'gateway'));
  if (instance === undefined || instance.stopping === true || !isAlive(instance)) return { state: 'absent' };
  const url = new URL('/status', base);
  url.port = String(environment.gateway.adminPort);
  const before = await statusAt(url);
  process.kill(instance.pid, 'SIGHUP');
  let last = before;
  const outcome = await poll(host, APPLY_SECONDS, async () => {
    last = await statusAt(url);
    if (last?.keys === versionOf(readIfPresent(path))) return 'applied';
    return last?.error !== undefined && last.error !== before?.error ? 'refused' : undefined;
  });
  if (outcome === 'applied') return { state: 'applied' };
  const reason = last?.error ?? `${url} did not say within ${APPLY_SECONDS} s that it uses them`;
  return { state: 'refused', reason };
}

function versionOf(text: Buffer | undefined): string {
  return createHash('sha256')
    .update(text ?? '')
    .digest('hex')
    .slice(0, 12);
}

async function statusAt(url: URL): Promise<z.output<typeof Status> | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_MILLISECONDS) });
    return Status.safeParse(await response.json()).data;
  } catch {
    return undefined;
  }
}
