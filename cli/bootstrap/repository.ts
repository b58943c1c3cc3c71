import { runProgram } from '../checks/run-program.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { findProgram } from '../programs.ts';

const NAME = /^[\w.-]+\/[\w.-]+$/;
/** `https://github.com/org/repo.git`, `git@github.com:org/repo.git`, `ssh://git@github.com/org/repo` */
const REMOTE = /github\.com[/:]([\w.-]+\/[\w.-]+?)(?:\.git)?\/?$/;

/**
 * `ORG/REPO` whose workflows may take the identities: the one given, else that of the remote `origin`.
 * @throws UsageError where neither says it
 */
export async function repositoryOf(given: string | undefined, context: Context): Promise<string> {
  if (given !== undefined) {
    if (NAME.test(given)) return given;
    throw new UsageError(`--repository: must be ORG/REPO, got ${JSON.stringify(given)}`);
  }
  const program = findProgram('git', context.env);
  const { stdout } =
    program === undefined
      ? { stdout: '' }
      : await runProgram(
          {
            program,
            args: ['remote', 'get-url', 'origin'],
            folder: context.project,
            env: context.env,
          },
          context,
        );
  const found = REMOTE.exec(stdout.trim())?.[1];
  if (found === undefined)
    throw new UsageError('--repository: say ORG/REPO; the remote `origin` is not on github.com');
  return found;
}
