import { type Command, InvalidArgumentError } from 'commander';
import { seconds } from './canary/duration.ts';
import type { RunFlags } from './commands/canary-run.ts';
import type { Context, Outcome } from './context.ts';
import type { Paint } from './print/style.ts';

type InProject = (command: (context: Context) => Promise<Outcome>) => Promise<void>;

interface ChangeOptions {
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** Adds `fleet canary`: everything that moves traffic between releases. */
export function addCanaryCommand(program: Command, inProject: InProject, paint: Paint): void {
  const canary = program
    .command('canary')
    .description(
      'move traffic between the releases of a model: set, status, run, rollback, promote, retire, history',
    );

  changing(canary.command('set'))
    .description('give releases other weights, in the file and at every router')
    .argument('<environment>', 'its environment')
    .argument('<model>', 'public name of the model')
    .argument('<weights...>', 'v32=90 v33=10 by release, or canary=10: the stable release takes the rest')
    .action((environment: string, model: string, weights: string[], flags: ChangeOptions) =>
      inProject(async (context) => {
        const { canarySet } = await import('./commands/canary-set.ts');
        const { printChange } = await import('./print/canary-set.ts');
        const result = await canarySet(environment, model, weights, flags, context);
        return { data: result, text: printChange(result, paint), exitCode: 0 };
      }),
    );

  canary
    .command('status')
    .description('wanted, applied and observed share of every release; exit code 1 unless wanted is applied')
    .argument('[environment]', 'name of the environment', 'local')
    .option('--minutes <count>', 'how far back to look', minutes, 5)
    .action((environment: string, flags: { minutes: number }) =>
      inProject(async (context) => {
        const { canaryStatus } = await import('./commands/canary-status.ts');
        const { printCanaryStatus } = await import('./print/canary-status.ts');
        const result = await canaryStatus(environment, flags.minutes, context);
        return { data: result, text: printCanaryStatus(result, paint), exitCode: result.applied ? 0 : 1 };
      }),
    );

  changing(canary.command('retire'))
    .description('remove a release that takes no traffic: its machines go, nothing else changes')
    .argument('<environment>', 'its environment')
    .argument('<model>', 'public name of the model')
    .argument('<release>', 'the release')
    .action((environment: string, model: string, release: string, flags: ChangeOptions) =>
      inProject(async (context) => {
        const { canaryRetire } = await import('./commands/canary-retire.ts');
        const { printChange } = await import('./print/canary-set.ts');
        const result = await canaryRetire(environment, model, release, flags, context);
        return { data: result, text: printChange(result, paint), exitCode: 0 };
      }),
    );

  addRunCommand(canary, inProject, paint);

  canary
    .command('rollback')
    .description('take an open rollout back: the routers at once, then the file and the state')
    .argument('<environment>', 'its environment')
    .argument('<model>', 'public name of the model')
    .option('--reason <text>', 'for the journal')
    .action((environment: string, model: string, flags: { reason?: string }) =>
      inProject(async (context) => {
        const { canaryRollback } = await import('./commands/canary-rollback.ts');
        const { printRollout } = await import('./print/canary-rollout.ts');
        const result = await canaryRollback(environment, model, flags.reason, context);
        return { data: result, text: printRollout(result.record, paint), exitCode: 0 };
      }),
    );

  changing(canary.command('promote'))
    .description('make the canary stable with all of the band, without judging; no machine changes')
    .argument('<environment>', 'its environment')
    .argument('<model>', 'public name of the model')
    .action((environment: string, model: string, flags: ChangeOptions) =>
      inProject(async (context) => {
        const { canaryPromote } = await import('./commands/canary-promote.ts');
        const { printChange } = await import('./print/canary-set.ts');
        const result = await canaryPromote(environment, model, flags, context);
        return { data: result, text: printChange(result, paint), exitCode: 0 };
      }),
    );

  canary
    .command('history')
    .description('rollouts with every decision and its numbers')
    .argument('[environment]', 'name of the environment', 'local')
    .argument('[model]', 'public name of the model; default all')
    .action((environment: string, model?: string) =>
      inProject(async (context) => {
        const { canaryHistory } = await import('./commands/canary-history.ts');
        const { printHistory } = await import('./print/canary-rollout.ts');
        const result = await canaryHistory(environment, model, context);
        return { data: result, text: printHistory(result.rollouts, paint), exitCode: 0 };
      }),
    );
}

function addRunCommand(canary: Command, inProject: InProject, paint: Paint): void {
  canary
    .command('run')
    .description(
      'take the canary through steps, each judged against stable: exit code 0 promoted, 1 rolled back, 3 waits for a decision',
    )
    .argument('<environment>', 'its environment')
    .argument('<model>', 'public name of the model')
    .option('--steps <percents>', 'percent of the stable+canary band (default: 1,5,20,50,100)', percents)
    .option('--hold <duration>', 'least time that a step is watched (default: 10m)', seconds)
    .option('--longest-hold <duration>', 'most time, where its sample needs more (default: 4h)', seconds)
    .option('--settle <duration>', 'time after a step that is ignored (default: 2m)', seconds)
    .option('--blind <duration>', 'time without a sample that counts as inconclusive (default: 5m)', seconds)
    .option('--looks <count>', 'looks at each step (default: 5)', Number)
    .option('--alpha <p>', 'most probability that a good canary is rolled back (default: 0.05)', Number)
    .option('--power <p>', 'least probability that a bad canary is not promoted (default: 0.95)', Number)
    .option('--error-margin <ratio>', 'errors that the canary may have more (default: 0.005)', Number)
    .option('--latency-margin <factor>', 'times as long that it may take (default: 1.15)', Number)
    .option(
      '--guard-errors <ratio>',
      'error ratio that is too much whatever stable does (default: 0.1)',
      Number,
    )
    .option('--on-inconclusive <what>', 'pause, advance or rollback (default: pause)')
    .option('--gate <steps>', 'manual: ask before each step but the first; or percents, separated by commas')
    .option('--expires <duration>', 'left alone for so long, whoever finds it rolls it back', seconds, 86_400)
    .option('--commit', 'commit the environment file at the end (default: in CI)', false)
    .option('--dry-run', 'show steps, durations and samples, and change nothing', false)
    .option('--resume', 'go on with the rollout that is open', false)
    .option('--approve', 'with --resume: go on with the next step', false)
    .option('--retry', 'with --resume: watch the paused step once more', false)
    .action((environment: string, model: string, flags: RunFlags) =>
      inProject(async (context) => {
        const { canaryRun, exitCodeOfRun } = await import('./commands/canary-run.ts');
        const { printRun } = await import('./print/canary-rollout.ts');
        const { WaitsForDecision } = await import('./canary/decision.ts');
        const commit = flags.commit || context.env.CI === 'true';
        try {
          const result = await canaryRun(environment, model, { ...flags, commit }, context);
          return { data: result, text: printRun(result, paint), exitCode: exitCodeOfRun(result) };
        } catch (error) {
          if (!(error instanceof WaitsForDecision)) throw error;
          return { data: { environment, model, waits: error.message }, text: error.message, exitCode: 3 };
        }
      }),
    );
}

function percents(text: string): number[] {
  return text.split(',').map(Number);
}

function changing(command: Command): Command {
  return command
    .option('-y, --yes', 'change a cloud environment without asking', false)
    .option('--dry-run', 'show what would happen, and change nothing', false);
}

function minutes(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of minutes, 1 to 9999.');
}
