import type { Candidate } from './candidates.ts';
import type { Probe, Verdict } from './probe.ts';
import type { ListedServer } from './servers.ts';

/** Answers in a row against what is believed of a server, before that changes. */
const CONTRARY_ANSWERS = 2;

/** What is believed of a server. */
export interface Health {
  readonly up: boolean;
  readonly last: Verdict;
  /** Whether it was ever up: one that is only starting needs no second good answer. */
  readonly proven: boolean;
  /** Last answers in a row that speak against `up`. */
  readonly contrary: number;
}

export interface Checks {
  /** What is believed of a server; one that was never asked is not up. */
  healthOf: HealthOf;
  /** Asks those that were never asked. From now on exactly these servers are asked in each round. */
  cover(candidates: readonly Candidate[]): Promise<void>;
  /** Asks each server once. Returns whether anything that is believed has changed. */
  round(): Promise<boolean>;
}

export type HealthOf = (candidate: Candidate) => Health;

/** A server's health after another answer. The first answer decides. */
export function after(health: Health | undefined, verdict: Verdict): Health {
  const good = verdict === 'ready';
  if (health === undefined) return { up: good, last: verdict, proven: good, contrary: 0 };
  const contrary = good === health.up ? 0 : health.contrary + 1;
  const turns = contrary >= (good && !health.proven ? 1 : CONTRARY_ANSWERS);
  const up = turns ? good : health.up;
  return { up, last: verdict, proven: health.proven || up, contrary: turns ? 0 : contrary };
}

/**
 * What nginx is told of a release's servers. If none is up, those that only gave no answer are tried all the same:
 * it may be this program that does not reach them, and nginx passes by what it cannot connect to.
 */
export function listed(candidates: readonly Candidate[], healthOf: HealthOf): ListedServer[] {
  const anyUp = candidates.some((candidate) => healthOf(candidate).up);
  return candidates.map((candidate) => {
    const { up, last } = healthOf(candidate);
    return { address: candidate.address, down: anyUp ? !up : last !== 'silent' };
  });
}

export function createChecks(probe: Probe): Checks {
  let covered: readonly Candidate[] = [];
  const known = new Map<string, Health>();

  function learn({ check: { url } }: Candidate, verdict: Verdict): boolean {
    const before = known.get(url);
    const next = after(before, verdict);
    known.set(url, next);
    return before?.up !== next.up || (!next.up && before.last !== next.last);
  }

  /** One lost packet shall not decide about a server that nothing is known of. */
  async function meet(candidate: Candidate): Promise<void> {
    const first = await probe(candidate.check);
    learn(candidate, first === 'silent' ? await probe(candidate.check) : first);
  }

  return {
    healthOf: ({ check }) => known.get(check.url) ?? after(undefined, 'silent'),
    async cover(candidates) {
      covered = candidates;
      const urls = new Set(candidates.map(({ check }) => check.url));
      for (const url of known.keys()) if (!urls.has(url)) known.delete(url);
      await Promise.all(candidates.filter(({ check }) => !known.has(check.url)).map(meet));
    },
    async round() {
      const changes = await Promise.all(
        covered.map(async (candidate) => learn(candidate, await probe(candidate.check))),
      );
      return changes.includes(true);
    },
  };
}
