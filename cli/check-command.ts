import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CheckReport } from '../plan/report.ts';
import type { Class } from '../plan/surroundings.ts';
import type { BootstrapFlags } from './commands/bootstrap.ts';
import type { Context, Outcome } from './context.ts';
import type { Paint } from './print/style.ts';

type InProject = (command: (context: Context) => Promise<Outcome>) => Promise<void>;

const FORMATS = ['terminal', 'markdown', 'json', 'sarif', 'github'] as const;
type Format = (typeof FORMATS)[number];

/** A report, on stdout or in a file. */
interface Wanted {
  readonly format: Format;
  readonly file?: string;
}

interface Flags {
  readonly plan?: string;
  readonly fileOnly: boolean;
  readonly synthOnly: boolean;
  readonly class: Class;
  readonly format: readonly Wanted[];
  readonly takeOver: boolean;
  readonly failOnWarnings: boolean;
}

/** Adds `fleet check`. */
export function addCheckCommand(program: Command, inProject: InProject, paint: Paint, version: string): void {
  program
    .command('check')
    .description(
      'judge what a deploy would do, before it does: exit code 0 pass, 2 denied, 1 the check itself failed',
    )
    .argument('[environments...]', 'names; default all')
    .option('--plan <file>', 'judge this plan, as `terraform show -json` prints it, instead of making one')
    .option(
      '--synth-only',
      'judge the synthesized configuration; needs no Terraform and no credentials',
      false,
    )
    .option('--file-only', 'look for mistakes in the environment files alone', false)
    .addOption(
      new Option('--class <class>', 'what a plan without an environment is judged as')
        .choices(['development', 'staging', 'production'])
        .default('production' as const),
    )
    .option('--format <format[=file]>', `${FORMATS.join(', ')}; may be given several times`, collect, [])
    .option('--take-over', 'judge as if open rollouts had been taken over', false)
    .option('--fail-on-warnings', 'exit with 3 when there are warnings alone', false)
    .action((names: string[], flags: Flags) =>
      inProject(async (context) => {
        const { check } = await import('./commands/check.ts');
        const { exitCodeOf } = await import('../plan/report.ts');
        const report = await check(names, flags, context);
        const wanted = flags.format.length === 0 ? [{ format: 'terminal' as const }] : flags.format;
        const texts: string[] = [];
        for (const { format, file } of wanted) {
          const text = await render(report, format, paint, version);
          if (file === undefined) texts.push(text);
          else writeFileSync(resolve(context.folder, file), text === '' ? '' : `${text}\n`);
        }
        return {
          data: report,
          text: texts.filter((text) => text !== '').join('\n'),
          exitCode: exitCodeOf(report, flags.failOnWarnings),
        };
      }),
    );
}

/** Adds `fleet ci init`. */
export function addCiCommand(program: Command, inProject: InProject): void {
  program
    .command('ci')
    .description('workflows of GitHub Actions: init')
    .command('init')
    .description('write the workflows that check pull requests, deploy what was reviewed, and look for drift')
    .option('--branch <name>', 'the branch that is deployed', 'main')
    .option('--force', 'write over workflows that were changed by hand', false)
    .action((flags: { branch: string; force: boolean }) =>
      inProject(async (context) => {
        const { ciInit } = await import('./commands/ci-init.ts');
        const { printCiInit } = await import('./print/ci-init.ts');
        const result = ciInit(flags, context);
        return { data: result, text: printCiInit(result), exitCode: 0 };
      }),
    );
}

/** Adds `fleet bootstrap`. */
export function addBootstrapCommand(program: Command, inProject: InProject, paint: Paint): void {
  program
    .command('bootstrap')
    .description(
      'make what goes before a cloud environment: the bucket of its state, and the identities of its workflows',
    )
    .argument('<environment>', 'its environment')
    .option(
      '--repository <org/repo>',
      'whose workflows may take the identities (default: the remote `origin`)',
    )
    .addOption(
      new Option(
        '--github-provider <how>',
        'AWS: whether the identity provider of GitHub, one in an account, is made here (default: with the bucket)',
      ).choices(['made', 'existing']),
    )
    .option('-y, --yes', 'apply without asking', false)
    .option('--dry-run', 'show what would happen, and change nothing', false)
    .action((name: string, flags: BootstrapFlags) =>
      inProject(async (context) => {
        const { bootstrap } = await import('./commands/bootstrap.ts');
        const { printBootstrap } = await import('./print/bootstrap.ts');
        const result = await bootstrap(name, flags, context);
        return { data: result, text: printBootstrap(result, paint), exitCode: 0 };
      }),
    );
}

function collect(given: string, before: readonly Wanted[]): readonly Wanted[] {
  const [format = '', ...rest] = given.split('=');
  const known = FORMATS.find((name) => name === format);
  if (known === undefined)
    throw new InvalidArgumentError(`It must be one of ${FORMATS.join(', ')}, got ${format}.`);
  return [...before, { format: known, ...(rest.length === 0 ? {} : { file: rest.join('=') }) }];
}

async function render(report: CheckReport, format: Format, paint: Paint, version: string): Promise<string> {
  switch (format) {
    case 'terminal':
      return (await import('./print/check.ts')).printCheck(report, paint);
    case 'markdown': {
      const { markdownReport } = await import('../plan/reports/markdown.ts');
      return report.environments
        .map(markdownReport)
        .filter((text) => text !== '')
        .join('\n\n');
    }
    case 'json':
      return JSON.stringify(report, null, 2);
    case 'sarif':
      return JSON.stringify((await import('../plan/reports/sarif.ts')).sarifReport(report, version), null, 2);
    case 'github':
      return (await import('../plan/reports/annotations.ts')).annotations(report);
  }
}
