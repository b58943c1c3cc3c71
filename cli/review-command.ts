import { type Command, Option } from 'commander';
import type { Outcome, Surroundings } from './context.ts';
import type { Paint } from './print/style.ts';

type Run = (command: (surroundings: Surroundings) => Promise<Outcome>) => Promise<void>;

const SEVERITIES = ['blocker', 'major', 'minor', 'nit'] as const;

interface Flags {
  readonly base: string;
  readonly head: string;
  readonly env?: string;
  readonly model: string;
  readonly comment: boolean;
  readonly runTests: boolean;
  readonly from?: string;
  readonly failOn?: (typeof SEVERITIES)[number];
}

/** Adds `fleet review`. `project` is what --project says. */
export function addReviewCommand(
  program: Command,
  run: Run,
  paint: Paint,
  project: () => string | undefined,
): void {
  program
    .command('review')
    .description(
      'have a model review commits: comments on lines, documentation that they make false, unit tests. Exit code 0, or 3 with --fail-on',
    )
    .requiredOption('--base <commit>', 'what the commits are compared with: a branch or a commit')
    .option('--head <commit>', 'the newest of the commits', 'HEAD')
    .option(
      '-e, --env <environment>',
      'ask through the gateway of this environment (default: OPENAI_BASE_URL)',
    )
    .option('-m, --model <name>', 'model to ask, unless .fleet-review.yaml names one', 'gpt-oss-120b')
    .option(
      '--comment',
      'write to the pull request that GITHUB_REPOSITORY and GITHUB_REF name, with GITHUB_TOKEN',
      false,
    )
    .option(
      '--run-tests',
      'run the generated tests here; keep those that pass, and fail without the change',
      false,
    )
    .addOption(
      new Option(
        '--from <file>',
        'with --run-tests: the tests of an earlier `fleet --json review`; no model is asked',
      ).implies({ runTests: true }),
    )
    .addOption(
      new Option('--fail-on <severity>', 'exit with 3 when a finding is at least this grave').choices(
        SEVERITIES,
      ),
    )
    .action((flags: Flags) =>
      run(async (surroundings) => {
        const { review } = await import('./commands/review.ts');
        const { printReview } = await import('./print/review.ts');
        const result = await review({ ...flags, project: project() }, surroundings);
        const failing =
          flags.failOn === undefined ? [] : SEVERITIES.slice(0, SEVERITIES.indexOf(flags.failOn) + 1);
        const failed = result.findings.some(({ severity }) => failing.includes(severity));
        return { data: result, text: printReview(result, paint), exitCode: failed ? 3 : 0 };
      }),
    );
}
