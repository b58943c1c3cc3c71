import type { RolloutRecord } from '../../contracts/rollout.ts';
import { runProgram } from '../checks/run-program.ts';
import type { Context } from '../context.ts';
import { Failure } from '../errors.ts';
import { environmentFile } from '../project.ts';

/**
 * One commit of the environment file alone, once: a file without changes gets none.
 * @throws Failure with git's words
 */
export async function commitEnvironment(
  { environment, model, canary, id }: RolloutRecord,
  context: Context,
): Promise<void> {
  const file = environmentFile(environment);
  const run = (args: readonly string[]) =>
    runProgram({ program: 'git', args, folder: context.project, env: context.env }, context);
  const git = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await run(args);
    if (code !== 0) throw new Failure(`git ${args[0]} failed:\n${stderr.trim() || stdout.trim()}`);
    return stdout;
  };
  if ((await run(['rev-parse', '--is-inside-work-tree'])).code !== 0) {
    context.progress(`no commit: ${context.project} is in no git repository`);
    return;
  }
  if ((await git('status', '--porcelain', '--', file)) === '') return;
  await git('add', '--', file);
  const message = `${environment}: ${canary} of ${model} is stable (rollout ${id})`;
  await git('commit', '--quiet', '--message', message, '--', file);
  context.progress(`committed ${file}`);
}
