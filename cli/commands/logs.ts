import { follow, logPath, tail } from '../../parts/logs.ts';
import { listParts } from '../../parts/status.ts';
import type { Context } from '../context.ts';
import { Interrupted, UsageError } from '../errors.ts';
import { hostOf } from '../host.ts';
import { nearest } from '../nearest.ts';
import { checkEnvironmentName } from '../project.ts';

export interface LogsResult {
  readonly environment: string;
  readonly part: string;
  readonly path: string;
  readonly lines: readonly string[];
}

/**
 * The last lines of a part's log.
 * @throws UsageError when the environment has no such part on this host
 */
export async function logs(
  part: string,
  environment: string,
  lines: number,
  context: Context,
): Promise<LogsResult> {
  const host = hostOf(context);
  const known = (await listParts(host, checkEnvironmentName(environment))).map(({ name }) => name);
  if (!known.includes(part)) {
    throw new UsageError(
      known.length === 0
        ? `nothing of ${environment} is installed here; \`fleet up ${environment}\` deploys it`
        : `${environment} has no part ${part}; ${nearest(part, known, 'parts')}`,
    );
  }
  const path = logPath(host, environment, part);
  return { environment, part, path, lines: await tail(path, lines) };
}

/**
 * Hands on every line that is written from now on.
 * @throws Interrupted, always: it ends only when somebody ends it
 */
export async function followLog(
  path: string,
  onLine: (line: string) => void,
  context: Context,
): Promise<never> {
  const ending = new AbortController();
  const unregister = context.onInterrupt(() => ending.abort());
  await follow(path, onLine, ending.signal);
  unregister();
  throw new Interrupted('');
}
