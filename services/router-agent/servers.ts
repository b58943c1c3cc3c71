import { createHash } from 'node:crypto';
import type { ServersDocument } from '../../contracts/router-documents.ts';

/** One `server` line of nginx. */
export interface ListedServer {
  /** `10.0.0.1:8000`, `[fd00::1]:8000`. */
  readonly address: string;
  /** Known, but given no requests. It keeps its place on the circle of the consistent hash. */
  readonly down: boolean;
}

/** What the servers file of a release says. */
export interface ReleaseServers {
  /** In the order of their addresses. */
  readonly servers: readonly ListedServer[];
  /** @default - no bound */
  readonly maxConnections?: number;
}

/** By `<model>_<release>`. */
export type ServersByTarget = ReadonlyMap<string, ReleaseServers>;

export type ReleaseEntry = ServersDocument['releases'][number];

/** Makes an empty group valid: 503 at once. Port 9 is never connected to. */
const NOBODY = 'server 127.0.0.1:9 down;';
const PASSIVE_HEALTH = 'max_fails=3 fail_timeout=10s';
/**
 * An only server is never marked as failed: there is no other to send to, and the mark would refuse requests for 10 s
 * after it is back (decision 0017).
 */
const NO_PASSIVE_HEALTH = 'max_fails=0';

const NONE: ReleaseServers = { servers: [] };

export function serversOf(target: string, servers: ServersByTarget): ReleaseServers {
  return servers.get(target) ?? NONE;
}

/** The text of a release's servers file. The same servers give the same bytes. */
export function serversFile({ servers, maxConnections }: ReleaseServers): string {
  const bound = maxConnections === undefined ? '' : `max_conns=${maxConnections} `;
  const health = servers.length === 1 ? NO_PASSIVE_HEALTH : PASSIVE_HEALTH;
  const lines = servers.map(
    ({ address, down }) => `server ${address} ${bound}${health}${down ? ' down' : ''};`,
  );
  return `${(lines.length === 0 ? [NOBODY] : lines).join('\n')}\n`;
}

/** Identifies servers: 12 hex digits over the servers files that a document includes. */
export function serversTag(targets: readonly string[], servers: ServersByTarget): string {
  const content = targets.map((target) => [target, serversFile(serversOf(target, servers))]);
  return createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 12);
}
