import { isIP } from 'node:net';
import { z } from 'zod';
import { NODE_HEALTH_PORT, serverReadyPath } from '../../contracts/node-health.ts';
import { routerTarget, ServersDocument } from '../../contracts/router-documents.ts';
import { RefusedError } from './document.ts';
import type { Machine } from './machines.ts';
import type { Check } from './probe.ts';
import type { ReleaseEntry } from './servers.ts';

/** A name's IP addresses; empty if it has none at the moment. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** A server that exists, whether or not it is ready. */
export interface Candidate {
  /** `10.0.0.1:8000`, `[fd00::1]:8000`. */
  readonly address: string;
  readonly check: Check;
}

/** A release and all the servers that it has. */
export interface ReleaseCandidates {
  readonly model: string;
  readonly release: string;
  readonly target: string;
  readonly maxConnections?: number;
  /** Whether its machines are found by their labels. */
  readonly discovered: boolean;
  /** In the order of their addresses, without doubles. */
  readonly candidates: readonly Candidate[];
}

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

/**
 * The servers of each release. Names become addresses, because nginx refuses a whole configuration while one name does
 * not resolve.
 */
export function findCandidates(
  { releases }: ServersDocument,
  machines: readonly Machine[],
  lookup: Lookup,
): Promise<ReleaseCandidates[]> {
  return Promise.all(
    releases.map(async (entry) => {
      const { model, release, maxConnections, ports } = entry;
      const found =
        ports === undefined ? await fixedServers(entry, lookup) : serversOnMachines(entry, ports, machines);
      const byAddress = new Map(found.map((candidate) => [candidate.address, candidate]));
      return {
        ...{ model, release, target: routerTarget(model, release), maxConnections },
        discovered: ports !== undefined,
        candidates: [...byAddress.values()].sort((a, b) => (a.address < b.address ? -1 : 1)),
      };
    }),
  );
}

async function fixedServers({ servers = [] }: ReleaseEntry, lookup: Lookup): Promise<Candidate[]> {
  const lists = await Promise.all(
    servers.map(async ({ address, port }) => {
      const addresses = isIP(address) === 0 ? await lookup(address) : [address];
      return addresses.map((ip) => hostAndPort(ip, port));
    }),
  );
  return lists.flat().map((address) => ({
    address,
    check: { url: `http://${address}/health`, knowsServer: false },
  }));
}

/** Each server of a node has a word of its own about whether it is ready. */
function serversOnMachines(
  { model, release }: ReleaseEntry,
  ports: readonly number[],
  machines: readonly Machine[],
): Candidate[] {
  const own = machines.filter((machine) => machine.model === model && machine.release === release);
  return own.flatMap(({ address }) =>
    ports.map((port, index) => ({
      address: hostAndPort(address, port),
      check: {
        url: `http://${hostAndPort(address, NODE_HEALTH_PORT)}${serverReadyPath(index + 1)}`,
        knowsServer: true,
      },
    })),
  );
}

function hostAndPort(ip: string, port: number): string {
  return isIP(ip) === 6 ? `[${ip}]:${port}` : `${ip}:${port}`;
}
