import { existsSync } from 'node:fs';
import { EnvironmentError } from '../../contracts/problem.ts';
import { listParts, type PartStatus } from '../../parts/status.ts';
import type { Context } from '../context.ts';
import { Failure, UsageError } from '../errors.ts';
import { hostOf } from '../host.ts';
import { hasEnvironment, readEnvironment, stateFolder, unknownEnvironment } from '../project.ts';

export interface StatusResult {
  readonly environment: string;
  /** Every part is there and runs. */
  readonly running: boolean;
  readonly parts: readonly PartStatus[];
}

/**
 * What of an environment runs on this host.
 * @throws UsageError for an unknown environment, Failure for a platform that it cannot read
 */
export async function status(name: string, context: Context): Promise<StatusResult> {
  const { project } = context;
  const known = hasEnvironment(project, name);
  if (!known && !existsSync(stateFolder(project, name)))
    throw new UsageError(unknownEnvironment(project, name));
  const platform = known ? platformOf(name, context) : undefined;
  if (platform !== undefined && platform !== 'process') {
    throw new Failure(
      `${name} is on platform ${platform}; \`fleet status\` reads only process environments so far`,
    );
  }
  const parts = await listParts(hostOf(context), name);
  return {
    environment: name,
    running: parts.length > 0 && parts.every(({ state }) => state === 'running'),
    parts,
  };
}

/** Undefined when the file has mistakes: what runs here can be read without it. */
function platformOf(name: string, { project, progress }: Context): string | undefined {
  try {
    return readEnvironment(project, name).platform;
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    progress(error.message);
    return undefined;
  }
}
