import type { ServersDocument } from '../../contracts/router-documents.ts';
import { type Candidate, findCandidates, type Lookup, type ReleaseCandidates } from './candidates.ts';
import { type ChecksProps, createChecks, type HealthOf, listed } from './checks.ts';
import type { Machine } from './machines.ts';
import type { ReleaseServers } from './servers.ts';

/** A release, what nginx is told of its servers, and how many of them are ready. */
export interface ServingRelease extends ReleaseServers {
  readonly model: string;
  readonly release: string;
  readonly target: string;
  readonly up: number;
  readonly down: number;
}

export interface FleetServers {
  /** The servers of every release as they are now. */
  find(document: ServersDocument, machines: readonly Machine[]): Promise<ServingRelease[]>;
  /** Asks every server whether it is ready. */
  check(): Promise<void>;
}

export interface FleetServersProps extends ChecksProps {
  readonly lookup: Lookup;
}

export function createFleetServers({ lookup, probe, changed }: FleetServersProps): FleetServers {
  const checks = createChecks({ probe, changed });
  let before: readonly ReleaseCandidates[] = [];
  return {
    async find(document, machines) {
      const found = await findCandidates(document, machines, lookup);
      const releases = withoutEmptied(found, before, checks.healthOf);
      await checks.cover(releases.flatMap(({ candidates }) => candidates));
      before = releases;
      return releases.map((release) => serving(release, checks.healthOf));
    },
    check: checks.round,
  };
}

/**
 * A list alone empties no release: where no machine is found any more, those that still say that they are ready stay,
 * unless another release has them now. Lists are wrong when labels are, or when a cloud's API is behind.
 */
function withoutEmptied(
  found: readonly ReleaseCandidates[],
  before: readonly ReleaseCandidates[],
  healthOf: HealthOf,
): ReleaseCandidates[] {
  const taken = new Set(found.flatMap(({ candidates }) => candidates.map(hostOf)));
  const stays = (candidate: Candidate) => healthOf(candidate).up && !taken.has(hostOf(candidate));
  return found.map((release) => {
    if (!release.discovered || release.candidates.length > 0) return release;
    const last = before.find(({ target }) => target === release.target)?.candidates ?? [];
    return { ...release, candidates: last.filter(stays) };
  });
}

function serving(release: ReleaseCandidates, healthOf: HealthOf): ServingRelease {
  const { model, release: name, target, maxConnections, candidates } = release;
  const up = candidates.filter((candidate) => healthOf(candidate).up).length;
  return {
    ...{ model, release: name, target, maxConnections },
    ...{ servers: listed(candidates, healthOf), up, down: candidates.length - up },
  };
}

function hostOf({ address }: Candidate): string {
  return address.replace(/:\d+$/, '');
}
