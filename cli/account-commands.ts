import { type Command, Option } from 'commander';
import type { Grouping } from './commands/cost.ts';
import type { Context, Outcome } from './context.ts';
import type { Paint } from './print/style.ts';

const ENVIRONMENT = ['[environment]', 'name of the environment', 'local'] as const;

const GROUPINGS = ['key', 'model', 'release', 'day'] as const satisfies readonly Grouping[];

type InProject = (command: (context: Context) => Promise<Outcome>) => Promise<void>;

/** Adds the commands for those who use an environment: what they cost and which keys they have. */
export function addAccountCommands(program: Command, inProject: InProject, paint: Paint): void {
  program
    .command('cost')
    .description('what requests have cost, added up from the ledger')
    .argument(...ENVIRONMENT)
    .addOption(
      new Option('--by <what>', 'one line for each of these').choices(GROUPINGS).default('model' as const),
    )
    .option('--since <time>', '24h, 7d, or a day or time in UTC: 2026-11-01 (default: everything)')
    .action((name: string, flags: { by: Grouping; since?: string }) =>
      inProject(async (context) => {
        const { cost } = await import('./commands/cost.ts');
        const { printCost } = await import('./print/cost.ts');
        const result = await cost(name, flags, context);
        return { data: result, text: printCost(result, paint), exitCode: 0 };
      }),
    );

  const key = program.command('key').description('API keys of the gateway: create, list, revoke');
  key
    .command('create')
    .description('make a key, print it once, and let the running gateway know it')
    .argument('<id>', 'public name of the key: label of metrics and of the ledger')
    .argument(...ENVIRONMENT)
    .option('--pin', 'the key may choose the release by x-fleet-release', false)
    .action((id: string, name: string, { pin }: { pin: boolean }) =>
      inProject(async (context) => {
        const { createKey } = await import('./commands/key.ts');
        const { printGateway } = await import('./print/key.ts');
        const result = await createKey(id, { pin }, name, context);
        context.progress(printGateway(result, paint));
        return { data: result, text: result.key, exitCode: result.gateway.state === 'refused' ? 1 : 0 };
      }),
    );
  key
    .command('list')
    .description('the keys that there are, without anything that opens the gateway')
    .argument(...ENVIRONMENT)
    .action((name: string) =>
      inProject(async (context) => {
        const { listKeys } = await import('./commands/key.ts');
        const { printKeys } = await import('./print/key.ts');
        const result = await listKeys(name, context);
        return { data: result, text: printKeys(result, paint), exitCode: 0 };
      }),
    );
  key
    .command('revoke')
    .description('remove a key; the running gateway refuses it from now on')
    .argument('<id>', 'see `fleet key list`')
    .argument(...ENVIRONMENT)
    .action((id: string, name: string) =>
      inProject(async (context) => {
        const { revokeKey } = await import('./commands/key.ts');
        const { printGateway } = await import('./print/key.ts');
        const result = await revokeKey(id, name, context);
        return {
          data: result,
          text: printGateway(result, paint),
          exitCode: result.gateway.state === 'refused' ? 1 : 0,
        };
      }),
    );
}
