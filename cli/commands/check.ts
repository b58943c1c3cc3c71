import { EnvironmentError, type LocatedProblem } from '../../contracts/problem.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../errors.ts';
import { environmentNames, readEnvironment } from '../project.ts';

export interface CheckResult {
  readonly environments: readonly { readonly name: string; readonly problems: readonly LocatedProblem[] }[];
}

/** Parses environment files and reports their mistakes. Without names: all files of the project. */
export function check(names: readonly string[], { project }: Context): CheckResult {
  const wanted = names.length > 0 ? names : environmentNames(project);
  if (wanted.length === 0)
    throw new UsageError('there are no files environments/*.yaml; `fleet init local` writes one');
  return { environments: wanted.map((name) => ({ name, problems: problemsOf(project, name) })) };
}

function problemsOf(project: string, name: string): readonly LocatedProblem[] {
  try {
    readEnvironment(project, name);
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
}
