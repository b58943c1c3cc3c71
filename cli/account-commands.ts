import { type Command, InvalidArgumentError, Option } from 'commander';
import { Limits } from '../contracts/schema/limits.ts';
import type { KeyLimits } from '../contracts/secret.ts';
import type { Grouping } from './commands/cost.ts';
import type { Context, Outcome } from './context.ts';
import type { Paint } from './print/style.ts';

const ENVIRONMENT = ['[environment]', 'name of the environment', 'local'] as const;

const GROUPINGS = ['key', 'model', 'release', 'day'] as const satisfies readonly Grouping[];

/** What each limit may be instead of a number. */
const OR_NONE = ", or none (default: the environment's)";

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
    .option(
      '--models <names>',
      'public model names that it may use, separated by commas (default: all)',
      list,
    )
    .option('--requests-per-minute <count>', `requests${OR_NONE}`, limit('requestsPerMinute'))
    .option('--tokens-per-minute <count>', `prompt and generated tokens${OR_NONE}`, limit('tokensPerMinute'))
    .option('--parallel <count>', `requests under way at a time${OR_NONE}`, limit('parallel'))
    .option('--usd-per-day <dollars>', `budget of each day of UTC${OR_NONE}`, limit('usdPerDay'))
    .option(
      '--usd-per-month <dollars>',
      `budget of each calendar month of UTC${OR_NONE}`,
      limit('usdPerMonth'),
    )
    .option('--pin', 'the key may choose the release by x-fleet-release', false)
    .action((id: string, name: string, { pin, models, ...flags }: KeyFlags) =>
      inProject(async (context) => {
        const { createKey } = await import('./commands/key.ts');
        const { printGateway } = await import('./print/key.ts');
        const result = await createKey(id, { pin, models, limits: limitsIn(flags) }, name, context);
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

interface KeyFlags extends Partial<Record<keyof Limits, number | 'none'>> {
  readonly pin: boolean;
  readonly models?: readonly string[];
}

function list(text: string): string[] {
  return text.split(',').map((name) => name.trim());
}

function limitsIn(flags: Omit<KeyFlags, 'pin' | 'models'>): KeyLimits {
  return Object.fromEntries(
    Object.entries(flags).map(([name, limit]) => [name, limit === 'none' ? null : limit]),
  );
}

/** Reads the flag of one limit. Commander would make an empty text of null. */
function limit(name: keyof Limits): (text: string) => number | 'none' {
  return (text) => {
    if (text === 'none') return text;
    const { data, error } = Limits.shape[name].safeParse(text.trim() === '' ? Number.NaN : Number(text));
    if (data !== undefined) return data;
    throw new InvalidArgumentError(
      `It must be none or a number in the limits: ${error?.issues[0]?.message}.`,
    );
  };
}
