import { type Command, InvalidArgumentError } from 'commander';
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
    .description('move traffic between the releases of a model: set, status, retire');

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
