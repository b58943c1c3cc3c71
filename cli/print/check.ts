import { formatProblem } from '../../contracts/problem.ts';
import type { CheckResult } from '../commands/check.ts';

/** One line per problem; one per file without any. */
export function printCheck({ environments }: CheckResult): string {
  return environments
    .flatMap(({ name, problems }) =>
      problems.length === 0 ? [`${name}: no problems`] : problems.map(formatProblem),
    )
    .join('\n');
}
