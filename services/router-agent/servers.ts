import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import { z } from 'zod';
import { routerTarget, ServersDocument } from '../../contracts/router-documents.ts';
import { RefusedError } from './document.ts';

/** A name's IP addresses; empty if it has none at the moment. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** The `server` lines that a release shall have, by `<model>_<release>`: `10.0.0.1:8000`, sorted. */
export type ServersByTarget = ReadonlyMap<string, readonly string[]>;

/** Makes a group of one have passive health, and an empty group valid (502 at once). Port 9 is never connected to. */
const DOWN_SIBLING = 'server 127.0.0.1:9 down;';

/** @throws RefusedError naming every mistake */
export function parseServers(text: string): ServersDocument {
  try {
    return ServersDocument.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof z.ZodError) throw new RefusedError(`servers: ${z.prettifyError(error)}`);
    if (error instanceof SyntaxError) throw new RefusedError(`servers: not JSON: ${error.message}`);
    throw error;
  }
}

/** Replaces names by addresses, because nginx refuses a whole configuration while one name does not resolve. */
export async function resolveServers(
  { releases }: ServersDocument,
  lookup: Lookup,
): Promise<ServersByTarget> {
  const resolved = await Promise.all(
    releases.map(async ({ model, release, servers = [] }) => {
      const lists = await Promise.all(
        servers.map(async ({ address, port }) =>
          (isIP(address) === 0 ? await lookup(address) : [address]).map((ip) => hostAndPort(ip, port)),
        ),
      );
      return [routerTarget(model, release), [...new Set(lists.flat())].sort()] as const;
    }),
  );
  return new Map(resolved);
}

/** The text of a release's servers file. The same servers give the same bytes. */
export function serversFile(servers: readonly string[]): string {
  const lines = servers.map((server) => `server ${server} max_fails=3 fail_timeout=10s;`);
  return `${[...lines, ...(servers.length < 2 ? [DOWN_SIBLING] : [])].join('\n')}\n`;
}

/** Identifies servers: 12 hex digits over the targets that a document includes and their addresses. */
export function serversTag(targets: readonly string[], servers: ServersByTarget): string {
  const content = targets.map((target) => [target, servers.get(target) ?? []]);
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12);
}

function hostAndPort(ip: string, port: number): string {
  return isIP(ip) === 6 ? `[${ip}]:${port}` : `${ip}:${port}`;
}
