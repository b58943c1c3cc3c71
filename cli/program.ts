import { Command, InvalidArgumentError } from 'commander';
import { addAccountCommands } from './account-commands.ts';
import { addAskCommand } from './ask-command.ts';
import { addCanaryCommand } from './canary-command.ts';
import { addBootstrapCommand, addCheckCommand, addCiCommand } from './check-command.ts';
import { addCloudCommands } from './cloud-commands.ts';
import type { Context, Outcome, Surroundings } from './context.ts';
import { addDashboardCommand } from './dashboard-command.ts';
import { UsageError } from './errors.ts';
import { addImageCommand } from './image-command.ts';
import { nearest } from './nearest.ts';
import { addOpenCommand } from './open-command.ts';
import type { Paint } from './print/style.ts';
import { findProject } from './project.ts';
import { addReviewCommand } from './review-command.ts';

/** How the program reaches the terminal; `main.ts` has the only one. */
export interface Terminal {
  /** The toolkit's own version. */
  readonly version: string;
  /** Runs one command to its end and prints what it yields, or why it failed. */
  readonly run: (command: (surroundings: Surroundings) => Promise<Outcome>) => Promise<void>;
  /** Prints one line on stdout. */
  readonly print: (line: string) => void;
  readonly paint: Paint;
}

/** Options that every command takes. */
interface SharedOptions {
  readonly project?: string;
  readonly json?: true;
}

const ENVIRONMENT = ['[environment]', 'name of the environment', 'local'] as const;

const PART_COMMANDS = [
  ['up', 'ready', 'it serves'],
  ['deliver', 'applied', 'it has applied its documents'],
] as const;

/** The command line of fleet. Each command loads its modules when it runs, so that `fleet part` starts fast. */
export function createProgram(terminal: Terminal): Command {
  const { paint } = terminal;
  const program = new Command('fleet')
    .description('Deploys gpt-oss models as one system, and keeps changing it safely.')
    .version(terminal.version)
    .option('--project <folder>', 'the folder of cdktf.json (default: the nearest one upward)')
    .option('--json', 'print the result as one JSON document on stdout')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => undefined })
    .helpCommand(false)
    .exitOverride();

  const inProject = (command: (context: Context) => Promise<Outcome>) =>
    terminal.run((surroundings) => {
      const { project } = program.opts<SharedOptions>();
      return command({ ...surroundings, project: findProject(surroundings.folder, project) });
    });

  program
    .command('up')
    .description('check, deploy, wait until everything runs, ask every model for an answer')
    .argument(...ENVIRONMENT)
    .option('-y, --yes', 'deploy to a cloud without asking', false)
    .option('--take-over', 'close open rollouts as they are: the file decides about the weights again', false)
    .action((name: string, flags: { yes: boolean; takeOver: boolean }) =>
      inProject(async (context) => {
        const { up } = await import('./commands/up.ts');
        const { printUp } = await import('./print/up.ts');
        const result = await up(name, flags, timed(context));
        return { data: result, text: printUp(result, paint), exitCode: 0 };
      }),
    );

  program
    .command('down')
    .description('end an environment; logs and state stay')
    .argument(...ENVIRONMENT)
    .option('--purge', 'remove its folder too: logs, state, generated secrets', false)
    .option('--confirm <name>', "the environment's name again, to agree to the end of a cloud environment")
    .action((name: string, flags: { purge: boolean; confirm?: string }) =>
      inProject(async (context) => {
        const { down } = await import('./commands/down.ts');
        const { printDown } = await import('./print/down.ts');
        const result = await down(name, flags, timed(context));
        return { data: result, text: printDown(result, paint), exitCode: 0 };
      }),
    );

  program
    .command('status')
    .description('what of an environment runs on this host; exit code 1 unless everything does')
    .argument(...ENVIRONMENT)
    .action((name: string) =>
      inProject(async (context) => {
        const { status } = await import('./commands/status.ts');
        const { printStatus } = await import('./print/status.ts');
        const result = await status(name, context);
        return { data: result, text: printStatus(result, paint), exitCode: result.running ? 0 : 1 };
      }),
    );

  program
    .command('logs')
    .description('the last lines that a part has written')
    .argument('<part>', 'name of the part, see `fleet status`')
    .argument(...ENVIRONMENT)
    .option('-f, --follow', 'go on with what is written from now on', false)
    .option('-n, --lines <count>', 'how many lines', wholeNumber, 50)
    .action((part: string, name: string, { follow, lines }: { follow: boolean; lines: number }) =>
      inProject(async (context) => {
        if (follow && program.opts<SharedOptions>().json) {
          throw new UsageError('--follow never ends, --json prints one document: give one of them');
        }
        const { logs, followLog } = await import('./commands/logs.ts');
        const result = await logs(part, name, lines, context);
        if (!follow) return { data: result, text: result.lines.join('\n'), exitCode: 0 };
        for (const line of result.lines) terminal.print(line);
        return followLog(result.path, terminal.print, context);
      }),
    );

  program
    .command('doctor')
    .description('what an environment needs on this host, and how to get it')
    .argument(...ENVIRONMENT)
    .option('--install', 'install what is missing (Debian and Ubuntu)', false)
    .action((name: string, { install }: { install: boolean }) =>
      inProject(async (context) => {
        const { doctor } = await import('./commands/doctor.ts');
        const { printDoctor } = await import('./print/doctor.ts');
        const result = await doctor(name, install, context);
        return { data: result, text: printDoctor(result, paint), exitCode: result.complete ? 0 : 1 };
      }),
    );

  program
    .command('init')
    .description('write a new environment file; asks for what the options leave open')
    .argument('<environment>', 'name of the new environment')
    .option('--class <class>', 'development, staging or production')
    .option('--platform <platform>', 'process, docker, google or aws')
    .option('--models <names>', 'public model names, separated by commas')
    .option('--google-project <id>', 'platform google: project')
    .option('--aws-account <id>', 'platform aws: account, 12 digits')
    .option('--region <region>', 'platforms google and aws, and state on s3')
    .option('--zones <zones>', 'platforms google and aws, separated by commas')
    .option('--state-bucket <url>', 'gs://<bucket> or s3://<bucket>, needed outside class development')
    .option('--node-image <image>', 'platforms google and aws: machine image with GPU driver')
    .option('--vllm-image <image>', 'vLLM container image, by digest outside class development')
    .option('--gateway-image <image>', 'container image of the gateway, written by `fleet image push`')
    .option('--router-image <image>', 'container image of the router, written by `fleet image push`')
    .option('--prometheus-image <image>', 'platforms google and aws: Prometheus by digest, in your registry')
    .option('--certificate <arn>', "platform aws: certificate of the gateway's domain")
    .option('--weights-bucket <name>', 'platforms google and aws: bucket that `fleet weights push` fills')
    .action((name: string, flags: Record<string, string>) =>
      inProject(async (context) => {
        const { init } = await import('./commands/init.ts');
        const { printInit } = await import('./print/init.ts');
        const result = await init(name, flags, context);
        return { data: result, text: printInit(result), exitCode: 0 };
      }),
    );

  addDashboardCommand(program, inProject, terminal.print);
  addOpenCommand(program, inProject, terminal.print);
  addCanaryCommand(program, (command) => inProject((context) => command(timed(context))), paint);
  addCheckCommand(program, inProject, paint, terminal.version);
  addCiCommand(program, inProject);
  addBootstrapCommand(program, inProject, paint);

  addAskCommand(
    program,
    (command) => terminal.run((surroundings) => command(timed(surroundings))),
    paint,
    () => program.opts<SharedOptions>().project,
  );

  addReviewCommand(
    program,
    (command) => terminal.run((surroundings) => command(timed(surroundings))),
    paint,
    () => program.opts<SharedOptions>().project,
  );

  program
    .command('schema')
    .description('print the JSON schema of environment files')
    .action(() =>
      terminal.run(async () => {
        const { schema } = await import('./commands/schema.ts');
        const data = schema();
        return { data, text: JSON.stringify(data, null, 2), exitCode: 0 };
      }),
    );

  addAccountCommands(program, inProject, paint);
  addCloudCommands(program, inProject, paint);
  addImageCommand(program, inProject, paint);

  const part = program.command('part', { hidden: true }).description('single parts; Terraform calls this');
  for (const [command, until, what] of PART_COMMANDS) {
    part
      .command(command)
      .description(`make one part true, wait until ${what}`)
      .argument('<manifest>', 'its part.json')
      .action((path: string) =>
        inProject(async (context) => {
          const { partUp } = await import('./commands/part.ts');
          const result = await partUp(path, until, context);
          return { data: result, text: `${result.part}: ${result.action} (pid ${result.pid})`, exitCode: 0 };
        }),
      );
  }
  part
    .command('down')
    .description('stop one part')
    .requiredOption('--environment <name>', 'its environment')
    .requiredOption('--part <name>', 'its name')
    .action((flags: { environment: string; part: string }) =>
      inProject(async (context) => {
        const { partDown } = await import('./commands/part.ts');
        const result = await partDown(flags.environment, flags.part, context);
        return { data: result, text: `${result.part}: ${result.action}`, exitCode: 0 };
      }),
    );

  program
    .command('secrets', { hidden: true })
    .description('generated secrets; Terraform calls this')
    .command('prepare')
    .description('make the secrets and certificates that do not exist yet')
    .argument('<manifest>', 'what to make, as JSON')
    .action((path: string) =>
      inProject(async (context) => {
        const { prepareSecrets } = await import('./commands/secrets.ts');
        const result = await prepareSecrets(path, context);
        return { data: result, text: `${result.prepared} secrets and certificates are there`, exitCode: 0 };
      }),
    );

  program
    .command('help')
    .description('what a command does and takes')
    .argument('[command]')
    .action((name?: string) => {
      (name === undefined ? program : findCommand(program, name)).outputHelp();
    });

  return program
    .usage('<command> [options]')
    .argument('[command]')
    .allowExcessArguments()
    .action((name?: string) => {
      if (name === undefined) program.outputHelp();
      else findCommand(program, name);
    });
}

function findCommand(program: Command, name: string): Command {
  const found = program.commands.find((command) => command.name() === name);
  if (found !== undefined) return found;
  const known = program
    .createHelp()
    .visibleCommands(program)
    .map((command) => command.name());
  return program.error(`unknown command ${name}; ${nearest(name, known, 'commands')}`);
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

/** Progress with the seconds since the command began. */
function timed<Place extends Surroundings>(context: Place): Place {
  const begin = context.now();
  const elapsed = () => `${((context.now() - begin) / 1000).toFixed(1).padStart(6)} s  `;
  return { ...context, progress: (line) => context.progress(elapsed() + line) };
}
