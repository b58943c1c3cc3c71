import type { Environment } from '../contracts/environment.ts';
import { portsOf } from '../contracts/environment-ports.ts';
import type { Host } from '../parts/host.ts';
import { findProcess } from '../parts/pid.ts';
import { type Holder, holderOf, isFree } from '../parts/ports.ts';
import { listParts, type PartStatus } from '../parts/status.ts';
import { Failure } from './errors.ts';
import { environmentFile } from './project.ts';

/** A port that somebody listens on. */
export interface TakenPort {
  readonly port: number;
  /** The key of the environment file that sets it. */
  readonly key: string;
  readonly holder: Holder;
}

/** The environment's ports that are held by these parts, or by processes that they have started. */
export function portsHeldBy(parts: readonly PartStatus[], environment: Environment): TakenPort[] {
  return portsOf(environment).flatMap(({ path, port }) => {
    const holder = holderOf(port);
    return holder !== undefined && belongsTo(parts, holder) ? [{ port, key: path.join('.'), holder }] : [];
  });
}

/** Every part leads a process group of its own. */
function belongsTo(parts: readonly PartStatus[], { pid }: Holder): boolean {
  const group = findProcess(pid)?.group;
  return group !== undefined && parts.some((part) => part.pid === group);
}

/**
 * Before anything is deployed on this host: every port must be free or held by the environment's own parts.
 * @throws Failure that names each other port, its holder and the key to change
 */
export async function checkPorts(host: Host, environment: Environment): Promise<void> {
  const parts = await listParts(host, environment.name);
  const problems = await Promise.all(
    portsOf(environment).map(({ path, port }) => portProblem(port, path.join('.'), environment, parts)),
  );
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw new Failure(found.join('\n'));
}

async function portProblem(
  port: number,
  key: string,
  environment: Environment,
  parts: readonly PartStatus[],
): Promise<string | undefined> {
  const address = environment.process?.address ?? '127.0.0.1';
  const file = environmentFile(environment.name);
  try {
    if (await isFree(address, port)) return undefined;
  } catch (error) {
    return `cannot listen on ${address}:${port} (${(error as Error).message}); see ${file}: process.address and ${key}`;
  }
  const holder = holderOf(port);
  if (holder !== undefined && belongsTo(parts, holder)) return undefined;
  const who = holder === undefined ? 'an unknown program' : `${holder.program} (pid ${holder.pid})`;
  return `port ${port} is taken by ${who}; end it or choose another port in ${file}: ${key}`;
}
