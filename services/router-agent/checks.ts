import { setTimeout as pause } from 'node:timers/promises';
import type { Candidate } from './candidates.ts';
import type { Probe, Verdict } from './probe.ts';
import type { ListedServer } from './servers.ts';

/** Answers in a row against what is believed of a server, before that changes. */
const CONTRARY_ANSWERS = 2;
/** How long new servers may hold up everything else. */
const FIRST_ANSWER_MS = 1_000;

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
  /** What is believed of a server; one that has not answered yet is not up. */
  healthOf: HealthOf;
  /** Asks those that were never asked, and waits a little for them. From now on exactly these servers are asked. */
  cover(candidates: readonly Candidate[]): Promise<void>;
  /** Asks each server that owes no answer. Resolves when all of them have answered, or not. */
  round(): Promise<void>;
}

export interface ChecksProps {
  readonly probe: Probe;
  /** Called when anything that is believed has changed. */
  readonly changed: () => void;
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

export function createChecks({ probe, changed }: ChecksProps): Checks {
  let covered: ReadonlyMap<string, Candidate> = new Map();
  const known = new Map<string, Health>();
  const asked = new Set<string>();

  function learn(url: string, verdict: Verdict): void {
    const before = known.get(url);
    const next = after(before, verdict);
    known.set(url, next);
    if (before?.up !== next.up || (!next.up && before.last !== next.last)) changed();
  }

  /** One lost packet shall not decide about a server that nothing is known of. */
  async function ask({ check }: Candidate): Promise<void> {
    const { url } = check;
    asked.add(url);
    const first = await probe(check);
    const verdict = first === 'silent' && !known.has(url) ? await probe(check) : first;
    asked.delete(url);
    if (covered.has(url)) learn(url, verdict);
  }

  function askAll(candidates: Iterable<Candidate>): Promise<unknown> {
    return Promise.all([...candidates].filter(({ check }) => !asked.has(check.url)).map(ask));
  }

  return {
    healthOf: ({ check }) => known.get(check.url) ?? after(undefined, 'silent'),
    async cover(candidates) {
      covered = new Map(candidates.map((candidate) => [candidate.check.url, candidate]));
      for (const url of known.keys()) if (!covered.has(url)) known.delete(url);
      const strangers = [...covered.values()].filter(({ check }) => !known.has(check.url));
      if (strangers.length > 0)
        await Promise.race([askAll(strangers), pause(FIRST_ANSWER_MS, undefined, { ref: false })]);
    },
    async round() {
      await askAll(covered.values());
    },
  };
}
