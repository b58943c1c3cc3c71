/** One mistake in an environment file. */
export interface Problem {
  /** Keys from the root: `['models', 'gpt-oss-120b', 'releases']`. Empty for the file itself. */
  readonly path: readonly (string | number)[];
  /** What is wrong, what was given, what is allowed, what to do. Lower case, no full stop. */
  readonly message: string;
  /** The other place that the rule looked at. If that one is broken itself, this problem is only its echo. */
  readonly refersTo?: readonly (string | number)[];
}

/** A problem with its place in a file; `line` counts from 1. */
export interface LocatedProblem extends Problem {
  readonly file: string;
  readonly line: number;
}

/** `models.gpt-oss-120b.releases: weights must add up to 100, got 90 (environments/prod.yaml:14)` */
export function formatProblem({ path, message, file, line }: LocatedProblem): string {
  const field = path.length === 0 ? '' : `${path.join('.')}: `;
  return `${field}${message} (${file}:${line})`;
}

/** Everything that is wrong with one environment file, thrown once. */
export class EnvironmentError extends Error {
  readonly problems: readonly LocatedProblem[];

  constructor(problems: readonly LocatedProblem[]) {
    super(problems.map(formatProblem).join('\n'));
    this.name = 'EnvironmentError';
    this.problems = problems;
  }
}
