import type { Context } from '../context.ts';
import { Failure } from '../errors.ts';

/** One router and the version of the router document that its nginx answers with. */
export interface RouterVersion {
  readonly router: string;
  /** Undefined: it does not answer. */
  readonly version?: string;
  /** Why it refused another one. */
  readonly error?: string;
}

/** How a platform's routers get their document. A deploy uses Terraform; this is the direct way beside it. */
export interface Routers {
  /** How often they are asked while they are waited for. @default 50 */
  readonly pollMs?: number;
  /** The document that was delivered last. Undefined: none. */
  readonly delivered: () => Promise<string | undefined>;
  /** Gives the routers a document, without Terraform and without its lock. */
  readonly deliver: (document: string) => Promise<void>;
  /** @param since what was known before that moment of `clock` does not count */
  readonly versions: (since?: number) => Promise<readonly RouterVersion[]>;
  /** The time now, in seconds, where `versions` tells what somebody else has seen. @default - the routers answer themselves */
  readonly clock?: () => Promise<number>;
}

const POLL_MS = 50;

/**
 * Waits until every router answers with a version.
 * @throws Failure that names those that do not when the time is over
 */
export async function awaitVersion(
  routers: Routers,
  version: string,
  seconds: number,
  { now, sleep }: Pick<Context, 'now' | 'sleep'>,
): Promise<readonly RouterVersion[]> {
  const deadline = now() + seconds * 1000;
  const since = await routers.clock?.();
  for (;;) {
    const found = await routers.versions(since);
    if (found.length > 0 && found.every((router) => router.version === version)) return found;
    if (now() >= deadline) throw new Failure(notApplied(found, version, seconds));
    await sleep(routers.pollMs ?? POLL_MS);
  }
}

function notApplied(found: readonly RouterVersion[], wanted: string, seconds: number): string {
  if (found.length === 0) return `no router is known that could report version ${wanted}`;
  return found
    .filter(({ version }) => version !== wanted)
    .map(
      ({ router, version, error }) =>
        `${router} did not report version ${wanted} within ${seconds} s, but ${version ?? 'nothing'}${error === undefined ? '' : `: ${error}`}`,
    )
    .join('\n');
}

/** The version that a router document says it has. */
export function versionOfDocument(text: string): string | undefined {
  return /^# gpt-oss-fleet router document, version ([0-9a-f]{12})\n/.exec(text)?.[1];
}
