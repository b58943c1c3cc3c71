import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Class } from '../plan/surroundings.ts';
import type { Outcome, Surroundings } from './context.ts';
import type { Paint } from './print/style.ts';

type Run = (command: (surroundings: Surroundings) => Promise<Outcome>) => Promise<void>;

interface Flags {
  readonly env?: string;
  readonly model: string;
  readonly out?: string;
  readonly force: boolean;
  readonly explain: boolean;
  readonly header: boolean;
  readonly class: Class;
  readonly turns: number;
}

/** Adds `fleet ask`. `project` is what --project says. */
export function addAskCommand(
  program: Command,
  run: Run,
  paint: Paint,
  project: () => string | undefined,
): void {
  program
    .command('ask')
    .description(
      'have a model write Terraform, in any language: it fills arguments, the toolkit writes the code and checks it; nothing is applied. Exit code 0 written and validated, 3 written but not validated, 4 the model asks back',
    )
    .argument('<request...>', 'what to write, or - to read it from stdin')
    .option(
      '-e, --env <environment>',
      'ask through the gateway of this environment (default: OPENAI_BASE_URL)',
    )
    .option('-m, --model <name>', 'model to ask', 'gpt-oss-120b')
    .option('-o, --out <file>', 'write the code to this file instead of stdout')
    .option('--force', 'write over a file that is there', false)
    .option('--explain', 'say as comments why everything is there', false)
    .option('--no-header', 'leave out the block that names the providers: a module has it once')
    .option('--turns <count>', 'how often the model is told what was wrong', turns, 4)
    .addOption(
      new Option('--class <class>', 'class of environment that the plan checks judge by')
        .choices(['development', 'staging', 'production'])
        .default('production' as const),
    )
    .action((request: readonly string[], flags: Flags) =>
      run(async (surroundings) => {
        const { askFor } = await import('./commands/ask.ts');
        const { printAsk } = await import('./print/ask.ts');
        const result = await askFor(request.join(' '), { ...flags, project: project() }, surroundings);
        for (const line of printAsk(result, paint)) surroundings.progress(line);
        return { data: result, text: textOf(result), exitCode: exitCodeOf(result) };
      }),
    );
}

interface Ended {
  readonly outcome: 'written' | 'question';
  readonly hcl?: string;
  readonly file?: string;
  readonly question?: string;
  readonly validation?: { readonly result: 'valid' | 'unavailable' };
}

/** What stdout gets: the code, where it went, or what the model asks. */
function textOf({ hcl = '', file, question }: Ended): string {
  return question ?? (file === undefined ? hcl.trimEnd() : `written to ${file}`);
}

function exitCodeOf({ outcome, validation }: Ended): number {
  if (outcome === 'question') return 4;
  return validation?.result === 'valid' ? 0 : 3;
}

function turns(text: string): number {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 0 to 99.');
}
