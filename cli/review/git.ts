import { runProgram } from '../checks/run-program.ts';
import type { Surroundings } from '../context.ts';
import { Failure, UsageError } from '../errors.ts';

/** Asks git in one folder. @throws Failure with git's words */
export type Git = (...args: readonly string[]) => Promise<string>;

/** @throws Failure, Interrupted */
export function gitIn(
  folder: string,
  surroundings: Pick<Surroundings, 'env' | 'onInterrupt'>,
  variables: Readonly<Record<string, string>> = {},
): Git {
  const env = { ...surroundings.env, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C.UTF-8', ...variables };
  return async (...args) => {
    const { code, stdout, stderr } = await runProgram({ program: 'git', args, folder, env }, surroundings);
    if (code !== 0) throw new Failure(`git ${args[0]} failed: ${stderr.trim() || stdout.trim()}`);
    return stdout;
  };
}

/** @throws UsageError where the name is none of a commit */
export async function commitNamed(name: string, flag: string, git: Git): Promise<string> {
  try {
    return (await git('rev-parse', '--verify', '--quiet', '--end-of-options', `${name}^{commit}`)).trim();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new UsageError(`${flag}: git knows no commit ${JSON.stringify(name)} here; is it fetched?`);
  }
}
